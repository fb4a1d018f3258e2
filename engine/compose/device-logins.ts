import { randomBytes } from 'node:crypto'
import { type DeviceLoginPorts, deviceLogins, sipLogins } from '../app/directory/device-logins.ts'
import type { Config } from '../config/index.ts'
import type { DeviceLogins } from '../core/ports/device-logins.ts'
import type { Store } from '../core/ports/store.ts'
import { iceServersFor } from '../core/turn.ts'
import { keyedHash } from '../sip/auth/keyed-hash.ts'
import { Lockout } from '../sip/auth/lockout.ts'
import { clock } from './clock.ts'
import { deviceTokenKey } from './tokens.ts'

/** One kind of login at two doors. */
export interface Logins {
  readonly forApi: DeviceLogins
  /** Where SIP looks user names of digests up. */
  readonly forSip: Pick<Store['devices'], 'byUsername'>
}

export function openLogins(config: Config, devices: Store['devices'], realm: string): Logins {
  const ports: DeviceLoginPorts = {
    ...{ devices, realm, clock },
    keyed: keyedHash(deviceTokenKey(config)),
    nonce: () => randomBytes(12).toString('base64url'),
    guesses: new Lockout(clock),
    sipUrl: sipUrlOf(config),
    iceServers: (username, expiresAtS) =>
      iceServersFor({ ...config.relays, secret: config.secrets.turn }, username, expiresAtS),
  }
  return { forApi: deviceLogins(ports), forSip: sipLogins(ports) }
}

/** A path where the token was asked for, unless the operator has said where that is. */
function sipUrlOf({ drachtio, publicUrl }: Config): string | null {
  if (drachtio.kind === 'external') return null
  return publicUrl === undefined ? '/sip' : `${publicUrl.replace(/^http/, 'ws')}/sip`
}
