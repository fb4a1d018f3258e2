import { createHmac } from 'node:crypto'
import type { IceServer } from './device-token.ts'

/** What the operator says of STUN and TURN servers; without `secret` there are no TURN servers. */
export interface Relays {
  readonly stunUrls: readonly string[]
  readonly turnUrls: readonly string[]
  readonly secret: string | undefined
}

/**
 * The servers for one client. TURN's credentials are good until `expiresAtS` (seconds since 1970) and are
 * made out of a secret that the TURN server knows too, as coturn has them by `use-auth-secret`: the user
 * name is `expiry:user`, the password the base64 of its HMAC-SHA1.
 */
export function iceServersFor(relays: Relays, user: string, expiresAtS: number): IceServer[] {
  const { stunUrls, turnUrls, secret } = relays
  const stun = stunUrls.length > 0 ? [{ urls: stunUrls }] : []
  if (secret === undefined || turnUrls.length === 0) return stun
  const username = `${expiresAtS}:${user}`
  const credential = createHmac('sha1', secret).update(username).digest('base64')
  return [...stun, { urls: turnUrls, username, credential }]
}
