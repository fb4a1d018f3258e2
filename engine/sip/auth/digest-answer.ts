import type { Headers, ResponseIn } from '../link/link.ts'
import {
  algorithmOf,
  type DigestAlgorithm,
  type DigestParams,
  digestResponse,
  hash,
  parseDigests,
  quote,
} from './digest.ts'

export interface Credentials {
  readonly username: string
  readonly password: string
  /** They are for this realm alone; null or absent: for any that this place names. */
  readonly realm?: string | null
  /** They are for whoever answers from this address alone; absent: for wherever the request goes. */
  readonly address?: string
  /** Whose they are, for TrunkRealms. */
  readonly login?: string
}

/** The request that was challenged and goes out again. */
export interface Challenged {
  readonly method: string
  /** As it was on the wire. */
  readonly uri: string
  readonly cnonce: string
}

/** True for a response that asks for credentials. */
export const isChallenge = (response: ResponseIn): boolean =>
  response.status === 401 || response.status === 407

/** The server says that only the nonce was too old: one more attempt is worth it. */
export const isStale = (response: ResponseIn): boolean =>
  challengesOf(response).some((challenge) => challenge['stale']?.toLowerCase() === 'true')

/**
 * The header that answers a 401 or 407, or undefined when no challenge in it is one we can answer. Of
 * several the one with the strongest hash is taken (RFC 8760 section 2.4 leaves the choice to us).
 */
export function answerChallenge(
  response: ResponseIn,
  request: Challenged,
  credentials: Credentials,
): Headers | undefined {
  if ((credentials.address ?? response.address) !== response.address) return undefined
  const usable = challengesOf(response).filter(
    (one) => isUsable(one) && (credentials.realm ?? one['realm']) === one['realm'],
  )
  const challenge = usable.find((c) => algorithmOf(c['algorithm']) === 'SHA-256') ?? usable[0]
  if (!challenge) return undefined
  const name = response.status === 401 ? 'Authorization' : 'Proxy-Authorization'
  return { [name]: credentialsLine(challenge, request, credentials) }
}

/** The realm that such a header is for. */
export const realmOf = (answer: Headers): string =>
  parseDigests(Object.values(answer)[0])[0]?.['realm'] ?? ''

const challengesOf = (response: ResponseIn): DigestParams[] =>
  parseDigests(response.header(response.status === 401 ? 'www-authenticate' : 'proxy-authenticate'))

const qopsOf = (challenge: DigestParams): string[] | undefined =>
  challenge['qop']?.split(',').map((qop) => qop.trim().toLowerCase())

function isUsable(challenge: DigestParams): boolean {
  const qops = qopsOf(challenge)
  return (
    challenge['realm'] !== undefined &&
    challenge['nonce'] !== undefined &&
    algorithmOf(challenge['algorithm']) !== undefined &&
    (qops === undefined || qops.includes('auth'))
  )
}

function credentialsLine(
  challenge: DigestParams,
  request: Challenged,
  { username, password }: Credentials,
): string {
  const algorithm: DigestAlgorithm = algorithmOf(challenge['algorithm'])!
  const realm = challenge['realm']!
  const nonce = challenge['nonce']!
  const ha1 = hash(algorithm, `${username}:${realm}:${password}`)
  const input = { algorithm, ha1, method: request.method, uri: request.uri, nonce }
  const qop = { value: 'auth', nc: '00000001', cnonce: request.cnonce } as const
  const withQop = qopsOf(challenge) !== undefined
  const fields = [
    `username=${quote(username)}`,
    `realm=${quote(realm)}`,
    `nonce=${quote(nonce)}`,
    `uri=${quote(request.uri)}`,
    `response="${digestResponse(withQop ? { ...input, qop } : input)}"`,
    `algorithm=${algorithm}`,
  ]
  if (withQop) fields.push(`qop=auth`, `nc=${qop.nc}`, `cnonce=${quote(qop.cnonce)}`)
  if (challenge['opaque'] !== undefined) fields.push(`opaque=${quote(challenge['opaque'])}`)
  return `Digest ${fields.join(', ')}`
}
