import { timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../core/clock.ts'
import {
  type DeviceTokenContent,
  type IceServer,
  readDeviceToken,
  readTokenName,
  tokenHashes,
  tokenName,
  tokenSecret,
  writeDeviceToken,
} from '../../core/device-token.ts'
import { ha1Sha256 } from '../../core/digest.ts'
import { Failure } from '../../core/failures.ts'
import type { DeviceLogins, Guesses, IssuedToken } from '../../core/ports/device-logins.ts'
import type { DeviceRecord, Store } from '../../core/ports/store.ts'

export interface DeviceLoginPorts {
  readonly devices: Pick<Store['devices'], 'byUsername'>
  readonly realm: string
  readonly clock: Pick<Clock, 'nowMs'>
  /** A hash with a key of this engine alone (HMAC), in base64url. */
  readonly keyed: (text: string) => string
  /** 8 to 32 of base64url's letters, from a secure source. */
  readonly nonce: () => string
  readonly guesses: Guesses
  /** Where devices reach SIP by WebSocket; null: nowhere here. */
  readonly sipUrl: string | null
  /** For a device, good until then. */
  iceServers(username: string, expiresAtS: number): readonly IceServer[]
}

const maxPasswordChars = 256
const nobody = { ha1Md5: '0'.repeat(32), ha1Sha256: '0'.repeat(64) }

/** Tokens and passwords of devices. Nothing is kept of a token. */
export function deviceLogins(ports: DeviceLoginPorts): DeviceLogins {
  return {
    byPassword: (username, password, address) => byPassword(ports, username, password, address),
    byToken: (token) => byToken(ports, token),
    issue: (device, lifetimeS) => issue(ports, device, lifetimeS),
  }
}

/**
 * For SIP: the device that a user name of a digest belongs to. The name of a token yields its device with
 * the hashes of the token's password; one that is over yields nobody.
 */
export const sipLogins = (ports: DeviceLoginPorts): Pick<Store['devices'], 'byUsername'> => ({
  async byUsername(text) {
    const name = readTokenName(text)
    if (name === undefined) return ports.devices.byUsername(text)
    const device = await ports.devices.byUsername(name.username)
    // made up for nobody too, so that the two take the same steps
    const hashes = tokenHashes(text, ports.realm, tokenSecret(ports.keyed, text, device ?? nobody))
    return device && !isOver(ports, name) ? { ...device, ...hashes } : undefined
  },
})

const isOver = ({ clock }: DeviceLoginPorts, { expiresAtS }: { expiresAtS: number }): boolean =>
  clock.nowMs() >= expiresAtS * 1000

function issue(ports: DeviceLoginPorts, device: DeviceRecord, lifetimeS: number): IssuedToken {
  const expiresAtS = Math.floor(ports.clock.nowMs() / 1000) + lifetimeS
  const name = tokenName({ username: device.username, expiresAtS }, ports.nonce())
  const content: DeviceTokenContent = {
    version: 1,
    username: device.username,
    displayName: device.name,
    realm: ports.realm,
    authorizationUsername: name,
    secret: tokenSecret(ports.keyed, name, device),
    expiresAt: new Date(expiresAtS * 1000).toISOString(),
    url: ports.sipUrl,
    iceServers: ports.iceServers(device.username, expiresAtS),
  }
  return { token: writeDeviceToken(content), content }
}

async function byToken(
  ports: DeviceLoginPorts,
  token: string,
): ReturnType<DeviceLogins['byToken']> {
  const shown = readDeviceToken(token)
  const name = shown && readTokenName(shown.authorizationUsername)
  if (shown === undefined || name === undefined || isOver(ports, name)) return undefined
  const device = await ports.devices.byUsername(name.username)
  const secret = tokenSecret(ports.keyed, shown.authorizationUsername, device ?? nobody)
  if (device === undefined || !equal(secret, shown.secret)) return undefined
  return { device, expiresAtMs: name.expiresAtS * 1000 }
}

async function byPassword(
  { devices, guesses, realm }: DeviceLoginPorts,
  username: string,
  password: string,
  address: string,
): Promise<DeviceRecord> {
  // a browser has another port for each request: one address is one client
  const from = `http/${address}`
  const access = guesses.access(address, username, from)
  const mayTry = access === 'slow' ? guesses.takeTurn(address, username) : access === 'free'
  if (!mayTry) throw lockedOut()
  const device = await devices.byUsername(username)
  // Guesses that were on their way when the others were counted are not looked at any more.
  if (access === 'free' && guesses.access(address, username, from) !== 'free') throw lockedOut()
  const hash = ha1Sha256(username, realm, password.slice(0, maxPasswordChars))
  if (equal(hash, (device ?? nobody).ha1Sha256) && device !== undefined) {
    guesses.succeeded(address, username, from)
    return device
  }
  guesses.failed(address, username, from)
  throw new Failure('unauthorized', 'The user name or the password is wrong')
}

const lockedOut = (): Failure =>
  new Failure('rate_limited', 'Too many wrong passwords; try again later')

function equal(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
