import { ha1Md5, ha1Sha256 } from './digest.ts'

/**
 * The token with which an application logs a device in for a while. To the application it is opaque; for
 * the Device SDK it is base64url (RFC 4648 section 5, no padding) of a JSON document with these fields.
 * Unknown fields are to be passed over; a document of another version can not be used.
 */
export interface DeviceTokenContent {
  readonly version: 1
  /** Of the device: what it registers as, its address of record. */
  readonly username: string
  readonly displayName: string
  /** Of SIP digest authentication. */
  readonly realm: string
  /** The digest's user name and password. They are good for every SIP request of the device. */
  readonly authorizationUsername: string
  readonly secret: string
  /** ISO 8601; from then on the token is refused. */
  readonly expiresAt: string
  /** The WebSocket for SIP: a URL, or a path where the token was fetched; null: there is none. */
  readonly url: string | null
  readonly iceServers: readonly IceServer[]
}

/** As RTCPeerConnection takes it (W3C WebRTC section 4.2.5). */
export interface IceServer {
  readonly urls: readonly string[]
  readonly username?: string
  readonly credential?: string
}

/** What the user name of a token's digest says. */
export interface TokenName {
  readonly username: string
  readonly expiresAtS: number
}

/** `1001~sl3k2x~Xq3...`: device, expiry (seconds, base 36), nonce. No device has a `~` in its name. */
const nameShape = /^([A-Za-z0-9][A-Za-z0-9._-]{1,31})~([0-9a-z]{1,9})~[A-Za-z0-9_-]{8,32}$/

export const tokenName = ({ username, expiresAtS }: TokenName, nonce: string): string =>
  `${username}~${expiresAtS.toString(36)}~${nonce}`

/** Undefined for every other user name, those of devices among them. */
export function readTokenName(text: string): TokenName | undefined {
  const [, username, expiry] = nameShape.exec(text) ?? []
  if (username === undefined || expiry === undefined) return undefined
  return { username, expiresAtS: Number.parseInt(expiry, 36) }
}

/** What is kept of a password. */
interface Hashes {
  readonly ha1Md5: string
  readonly ha1Sha256: string
}

/**
 * The password that belongs to a token's name. It hangs on the device's own password, so another password
 * ends all tokens of the device, and nothing of a token has to be kept. `keyed` is a hash with the
 * engine's own key (HMAC), in base64url.
 */
export const tokenSecret = (keyed: (text: string) => string, name: string, of: Hashes): string =>
  keyed(`device-token:1:${name}:${of.ha1Md5}:${of.ha1Sha256}`)

/** The hashes by which SIP knows that password. */
export const tokenHashes = (name: string, realm: string, secret: string): Hashes => ({
  ha1Md5: ha1Md5(name, realm, secret),
  ha1Sha256: ha1Sha256(name, realm, secret),
})

export const writeDeviceToken = (content: DeviceTokenContent): string =>
  Buffer.from(JSON.stringify(content)).toString('base64url')

/** The digest's user name and password in a token; undefined when it is none, or of another version. */
export function readDeviceToken(
  token: string,
): Pick<DeviceTokenContent, 'authorizationUsername' | 'secret'> | undefined {
  if (!/^[A-Za-z0-9_-]+$/.test(token)) return undefined
  const content = parsed(Buffer.from(token, 'base64url').toString('utf8'))
  if (content?.['version'] !== 1) return undefined
  const { authorizationUsername, secret } = content
  if (typeof authorizationUsername !== 'string' || typeof secret !== 'string') return undefined
  return { authorizationUsername, secret }
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
