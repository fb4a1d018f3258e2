import { DeviceError } from './errors.ts'

/** What a device token holds (see the engine's `POST /v1/voice/devices/{id}/tokens`). */
export interface TokenContents {
  /** User part of the device's address. */
  readonly username: string
  /** Its domain, and the realm of the credentials. */
  readonly realm: string
  readonly authorizationUsername: string
  readonly password: string
  readonly displayName: string | undefined
  /** WebSocket of the SIP server: a path on the engine's own origin, or a URL; undefined: not told. */
  readonly url: string | undefined
  readonly iceServers: readonly RTCIceServer[]
  readonly expiresAt: Date
}

const bad = (): DeviceError => new DeviceError('invalid-argument', 'This is not a device token.')

function decoded(token: string): Record<string, unknown> {
  try {
    const binary = atob(token.replaceAll('-', '+').replaceAll('_', '/'))
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0))
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes))
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch (cause) {
    throw new DeviceError('invalid-argument', 'This is not a device token.', { cause })
  }
  throw bad()
}

/** @throws DeviceError `invalid-argument` for anything that is not a device token. */
export function readToken(token: string): TokenContents {
  const fields = decoded(token)
  const text = (name: string): string => {
    const value = fields[name]
    if (typeof value !== 'string' || value === '') throw bad()
    return value
  }
  const expiresAt = new Date(text('expiresAt'))
  if (Number.isNaN(expiresAt.getTime())) throw bad()
  const { displayName, iceServers, url } = fields
  return {
    username: text('username'),
    realm: text('realm'),
    authorizationUsername: text('authorizationUsername'),
    password: text('secret'),
    url: typeof url === 'string' ? url : undefined,
    displayName: typeof displayName === 'string' ? displayName : undefined,
    iceServers: Array.isArray(iceServers) ? (iceServers as RTCIceServer[]) : [],
    expiresAt,
  }
}
