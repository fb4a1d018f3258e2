import type { IncomingHttpHeaders } from 'node:http'
import { keyHash } from '../../core/digest.ts'
import { Failure } from '../../core/failures.ts'
import type { KeyId } from '../../core/ids.ts'
import type { DeviceLogins } from '../../core/ports/device-logins.ts'
import type { ApiKeyRecord } from '../../core/ports/keys.ts'
import type { Account, DeviceRecord, Store } from '../../core/ports/store.ts'
import type { TokenClaims, Tokens } from '../../core/ports/tokens.ts'
import type { Scope } from '../../core/scopes.ts'
import type { CredentialPlace, Credentials } from '../dialect.ts'
import type { Services } from '../services.ts'
import { sessionKind, sessionOf } from './session.ts'

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
  /** When the token ends that stood for the key. */
  readonly tokenEndsAtMs?: number
  /** The API key that he showed, or that was shown for his token. */
  readonly key?: KeyId
  /** What that key is for; null: all that the account may. Absent: the credential has no scopes. */
  readonly scopes?: readonly Scope[] | null
}

export interface Authorities {
  readonly accounts: Store['accounts']
  readonly keys: Store['keys']
  readonly tokens: Tokens
  readonly deviceLogins: Pick<DeviceLogins, 'byToken' | 'byPassword'>
}

export const authoritiesOf = ({ tokens, deviceLogins, directory }: Services): Authorities => ({
  ...{ accounts: directory.store.accounts, keys: directory.store.keys, tokens, deviceLogins },
})

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

/** Whose request it is, by its headers. Failures `unauthorized`, `forbidden` (a session's cookie alone). */
export async function authenticate(
  authorities: Authorities,
  { headers, method }: { readonly headers: IncomingHttpHeaders; readonly method: string },
  credentials: Credentials,
): Promise<Caller> {
  const credential = credentialOf(headers, credentials.places)
  if (credential !== undefined) return callerOf(authorities, credential, credentials.kinds)
  const session = credentials.sessions ? sessionOf(headers, method) : undefined
  if (session !== undefined) return bySession(authorities, session)
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

async function byKey({ keys }: Authorities, text: string): Promise<Caller | undefined> {
  if (text.length > maxKeyChars || text.startsWith('pk_')) return undefined
  const shown = await keys.byHash(keyHash(text))
  if (shown === undefined) return undefined
  await keys.used(shown.key)
  return holderOf(shown, undefined)
}

/** Whoever shows a key, or a token that was made for one. */
function holderOf(
  { key, account }: { key: ApiKeyRecord; account: Account },
  claims: TokenClaims | undefined,
): Caller {
  return {
    account: key.isTest ? { ...account, isTest: true } : account,
    claims,
    key: key.id,
    scopes: key.scopes,
    ...endOf(key, claims?.expiresAtMs),
  }
}

/** A token that stands for a key is good no longer than either of the two. */
export function endOf(
  { expiresAtMs }: Pick<ApiKeyRecord, 'expiresAtMs'>,
  tokenEndsAtMs: number | undefined,
): Pick<Caller, 'endsAtMs' | 'tokenEndsAtMs'> {
  const ends = [expiresAtMs, tokenEndsAtMs].filter((atMs) => typeof atMs === 'number')
  return {
    ...(ends.length > 0 && { endsAtMs: Math.min(...ends) }),
    ...(tokenEndsAtMs !== undefined && { tokenEndsAtMs }),
  }
}

/** Of a browser that has shown a key: it is as if it showed it again. Failure `unauthorized`. */
export async function bySession(authorities: Authorities, token: string): Promise<Caller> {
  const claims = token.length > maxTokenChars ? undefined : await authorities.tokens.verify(token)
  const isSession = claims?.isOurs && claims.kind === sessionKind && claims.keyId !== undefined
  const shown = isSession ? await authorities.keys.shown(claims.keyId) : undefined
  if (shown === undefined) throw new Failure('unauthorized', 'The session is over: log in again')
  return { ...holderOf(shown, undefined), ...endOf(shown.key, claims?.expiresAtMs) }
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
  if (claims === undefined || claims.kind === sessionKind) return undefined
  if (claims.isOurs && claims.keyId !== undefined) {
    const shown = await authorities.keys.shown(claims.keyId)
    return shown && holderOf(shown, claims)
  }
  const { accounts } = authorities
  const account = await (claims.accountId === undefined
    ? accounts.first()
    : accounts.get(claims.accountId))
  return account && { account, claims }
}
