import { randomBytes } from 'node:crypto'
import { keyHash } from '../../core/digest.ts'
import { Failure } from '../../core/failures.ts'
import { isUuid, type KeyId } from '../../core/ids.ts'
import type { ApiKeyRecord } from '../../core/ports/keys.ts'
import type { Account } from '../../core/ports/store.ts'
import type { Scope } from '../../core/scopes.ts'
import type { DirectoryPorts } from './ports.ts'

export const maxKeys = 100
const secretBytes = 24
const hintChars = 12

/** How a key begins that reaches the lab carrier alone. */
export const testPrefix = 'sk_test_'
export const livePrefix = 'sk_live_'

/** 192 bits from the system's source; letters and digits alone, so that it can be picked by a double click. */
export const newKey = (isTest = false): string =>
  `${isTest ? testPrefix : livePrefix}${randomBytes(secretBytes).toString('base64url').replace(/[-_]/g, 'x')}`

export interface KeyWish {
  readonly name?: string | undefined
  /** Null: all that the account may. */
  readonly scopes?: readonly Scope[] | null | undefined
  readonly expiresAtMs?: number | null | undefined
}

/** With what somebody asks for keys: nobody gives more than he has. */
export interface Giver {
  readonly scopes: readonly Scope[] | null
  readonly isTest: boolean
}

/**
 * The key is returned here and never again. Failures `forbidden` (more than the giver has), `invalid_request`,
 * `limit_reached`.
 */
export async function createKey(
  ports: DirectoryPorts,
  account: Account,
  wanted: KeyWish & { readonly isTest?: boolean | undefined },
  giver: Giver,
): Promise<{ key: ApiKeyRecord; text: string }> {
  const { store, clock, ids } = ports
  const { isTest = giver.isTest, name = '', scopes = giver.scopes, expiresAtMs = null } = wanted
  if (giver.isTest && !isTest) throw new Failure('forbidden', 'A test key makes test keys alone')
  checkScopes(account, scopes, giver)
  checkExpiry(ports, expiresAtMs)
  if ((await store.keys.count(account.id)) >= maxKeys) {
    throw new Failure('limit_reached', `An account may have ${maxKeys} keys`)
  }
  const text = newKey(isTest)
  const key: ApiKeyRecord = {
    ...{ id: ids.uuid() as KeyId, accountId: account.id, hash: keyHash(text) },
    ...{ name, hint: `${text.slice(0, hintChars)}…`, scopes, isTest, expiresAtMs },
    ...{ createdAtMs: clock.nowMs(), lastUsedAtMs: null },
  }
  await store.keys.insert(key)
  return { key, text }
}

export const listKeys = ({ store }: DirectoryPorts, { id }: Account) => store.keys.list(id)

/** Failure `not_found`. */
export async function getKey(
  { store }: DirectoryPorts,
  account: Account,
  id: string,
): Promise<ApiKeyRecord> {
  const found = isUuid(id) ? await store.keys.get(account.id, id as KeyId) : undefined
  if (!found) throw new Failure('not_found', 'There is no such key')
  return found
}

/** Counts at once, for open connections too. Failures as of `createKey`, and `not_found`. */
export async function changeKey(
  ports: DirectoryPorts,
  account: Account,
  id: string,
  { name, scopes, expiresAtMs }: KeyWish,
  giver: Giver,
): Promise<ApiKeyRecord> {
  const stored = await getKey(ports, account, id)
  if (scopes !== undefined) checkScopes(account, scopes, giver)
  // One that may do more than the giver is not his to keep alive.
  checkScopes(account, stored.scopes, giver)
  if (expiresAtMs !== undefined) checkExpiry(ports, expiresAtMs)
  const key: ApiKeyRecord = {
    ...stored,
    ...(name !== undefined && { name }),
    ...(scopes !== undefined && { scopes }),
    ...(expiresAtMs !== undefined && { expiresAtMs }),
  }
  await ports.store.keys.update(key)
  return key
}

/** It is good for nothing from now on, and connections that it opened end. Failures `not_found`, `forbidden` (itself). */
export async function revokeKey(
  ports: DirectoryPorts,
  account: Account,
  id: string,
  by: KeyId | undefined,
): Promise<void> {
  const key = await getKey(ports, account, id)
  if (key.id === by) {
    throw new Failure('forbidden', 'A key can not revoke itself: that takes another one')
  }
  await ports.store.keys.remove(account.id, key.id)
}

function checkScopes({ isOperator }: Account, scopes: readonly Scope[] | null, giver: Giver): void {
  if (scopes?.includes('operator') && !isOperator) {
    throw new Failure('forbidden', 'Only the operator has keys with the scope operator', 'scopes')
  }
  if (giver.scopes === null) return
  const missing = scopes === null ? 'all' : scopes.find((one) => !giver.scopes?.includes(one))
  if (missing === undefined) return
  throw new Failure('forbidden', `The key that asks has not the scope ${missing}`, 'scopes')
}

function checkExpiry({ clock }: DirectoryPorts, expiresAtMs: number | null): void {
  if (expiresAtMs === null || expiresAtMs > clock.nowMs()) return
  throw new Failure('invalid_request', 'expires_at must be in the future', 'expires_at')
}
