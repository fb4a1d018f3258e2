import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { Failure } from '../../core/failures.ts'
import type { Account, Store } from '../../core/ports/store.ts'

const maxKeyChars = 256

/** The SHA-256 (hex) under which a key is stored. */
export const keyHash = (key: string): string => createHash('sha256').update(key).digest('hex')

/** The key of a request: `X-API-Key`, or `Authorization: Bearer`. */
export function keyOf(headers: IncomingHttpHeaders): string | undefined {
  const direct = headers['x-api-key']
  if (typeof direct === 'string' && direct !== '') return direct.trim()
  return /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1]
}

/**
 * Whose request it is. The key itself is never compared: its hash is looked up, so the time that the
 * lookup takes says nothing about how much of a guess was right. Publishable keys (`pk_`) are refused.
 */
export async function authenticate(
  accounts: Store['accounts'],
  headers: IncomingHttpHeaders,
): Promise<Account> {
  const key = keyOf(headers)
  if (key === undefined) {
    throw new Failure('unauthorized', 'An API key is needed: X-API-Key or Authorization: Bearer')
  }
  const account =
    key.length > maxKeyChars || key.startsWith('pk_')
      ? undefined
      : await accounts.byKeyHash(keyHash(key))
  if (account === undefined) throw new Failure('unauthorized', 'The API key is not valid')
  return account
}
