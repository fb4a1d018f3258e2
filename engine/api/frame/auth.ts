import type { IncomingHttpHeaders } from 'node:http'
import { keyHash } from '../../core/digest.ts'
import { Failure } from '../../core/failures.ts'
import type { DeviceLogins } from '../../core/ports/device-logins.ts'
import type { Account, DeviceRecord, Store } from '../../core/ports/store.ts'
import type { TokenClaims, Tokens } from '../../core/ports/tokens.ts'
import type { CredentialPlace, Credentials } from '../dialect.ts'

const maxKeyChars = 256
const maxTokenChars = 8192

/** Who asks, and the token that says so, if it was one. */
export interface Caller {
  readonly account: Account
  readonly claims: TokenClaims | undefined
  /** Set when it is a device that asks: it may see to itself alone. */
  readonly device?: DeviceRecord
  /** When the credential ends. */
  readonly endsAtMs?: number
}

export interface Authorities {
  readonly accounts: Store['accounts']
  readonly tokens: Tokens
  readonly deviceLogins: Pick<DeviceLogins, 'byToken' | 'byPassword'>
}

/** The credential of a request; undefined when no place has one. */
export function credentialOf(
  headers: IncomingHttpHeaders,
  places: readonly CredentialPlace[],
): string | undefined {
  for (const place of places) {
    const found = readers[place](headers)
    if (found !== undefined && found !== '') return found
  }
  return undefined
}

const readers: Record<CredentialPlace, (headers: IncomingHttpHeaders) => string | undefined> = {
  'x-api-key': (headers) => header(headers, 'x-api-key'),
  token: (headers) => header(headers, 'token'),
  bearer: ({ authorization = '' }) => /^Bearer +(\S+) *$/i.exec(authorization)?.[1],
  'basic-user': ({ authorization = '' }) => basicUser(authorization),
  raw: ({ authorization = '' }) => /^ *(\S+) *$/.exec(authorization)?.[1],
}

function header(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value.trim() : undefined
}

function basicUser(authorization: string): string | undefined {
  return basicPair(authorization)?.[0]
}

/** User name and password (RFC 7617): the user name ends at the first colon. */
export function basicPair(authorization: string): readonly [string, string] | undefined {
  const [, encoded] = /^Basic +([A-Za-z0-9+/]+=*) *$/i.exec(authorization) ?? []
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const [user = ''] = text.split(':', 1)
  return [user, text.slice(user.length + 1)]
}

/** What a client reads that brought no credential. */
const wanted: Record<CredentialPlace, string> = {
  'x-api-key': 'X-API-Key',
  token: 'token',
  bearer: 'Authorization: Bearer',
  'basic-user': 'Authorization: Basic with the key as user name',
  raw: 'Authorization',
}

/** The scheme that a 401 has to name (RFC 9110 section 11.6.1). */
export const challengeOf = ({ places }: Credentials): string =>
  places.includes('basic-user') ? 'Basic realm="ringdown"' : 'Bearer'

/** Whose request it is, by its headers. Failure `unauthorized`. */
export async function authenticate(
  authorities: Authorities,
  headers: IncomingHttpHeaders,
  credentials: Credentials,
): Promise<Caller> {
  const credential = credentialOf(headers, credentials.places)
  if (credential !== undefined) return callerOf(authorities, credential, credentials.kinds)
  const places = credentials.places.map((place) => wanted[place]).join(' or ')
  const what = credentials.kinds.includes('key') ? 'An API key' : 'A token'
  throw new Failure('unauthorized', `${what} is needed: ${places}`)
}

/**
 * Whose credential it is. A key itself is never compared: its hash is looked up, so the time that the
 * lookup takes says nothing about how much of a guess was right. Publishable keys (`pk_`) are refused.
 * Failure `unauthorized`.
 */
export async function callerOf(
  authorities: Authorities,
  credential: string,
  kinds: Credentials['kinds'],
): Promise<Caller> {
  const caller =
    (kinds.includes('key') ? await byKey(authorities, credential) : undefined) ??
    (kinds.includes('token') ? await byToken(authorities, credential) : undefined) ??
    (kinds.includes('device') ? await byDeviceToken(authorities, credential) : undefined)
  if (caller !== undefined) return caller
  const key = kinds.includes('key') ? ['API key'] : []
  const token = kinds.some((kind) => kind !== 'key') ? ['token'] : []
  throw new Failure('unauthorized', `The ${[...key, ...token].join(' or ')} is not valid`)
}

async function byKey({ accounts }: Authorities, key: string): Promise<Caller | undefined> {
  if (key.length > maxKeyChars || key.startsWith('pk_')) return undefined
  const account = await accounts.byKeyHash(keyHash(key))
  return account && { account, claims: undefined }
}

async function byDeviceToken(authorities: Authorities, token: string): Promise<Caller | undefined> {
  if (token.length > maxTokenChars) return undefined
  const shown = await authorities.deviceLogins.byToken(token)
  const caller = shown && (await callerFor(authorities, shown.device))
  return caller && { ...caller, endsAtMs: shown.expiresAtMs }
}

/** A device asks for itself. */
export async function callerFor(
  { accounts }: Authorities,
  device: DeviceRecord,
): Promise<Caller | undefined> {
  const account = await accounts.get(device.accountId)
  return account && { account, claims: undefined, device }
}

async function byToken(authorities: Authorities, token: string): Promise<Caller | undefined> {
  if (token.length > maxTokenChars || token.split('.').length !== 3) return undefined
  const claims = await authorities.tokens.verify(token)
  if (claims === undefined) return undefined
  const { accounts } = authorities
  const account = await (claims.accountId === undefined
    ? accounts.first()
    : accounts.get(claims.accountId))
  return account && { account, claims }
}
