import type { DeviceTokenContent } from '../device-token.ts'
import type { DeviceRecord } from './store.ts'

/** How a device shows itself to be one: by its password, or by a token that is good for a while. */
export interface DeviceLogins {
  /**
   * The device whose user name and password these are. `address` is the client's: whoever guesses from
   * there is locked out, and a user that does not exist is answered as a wrong password is. Failures:
   * `unauthorized`, `rate_limited`.
   */
  byPassword(username: string, password: string, address: string): Promise<DeviceRecord>
  /** Undefined for a token that is forged or over, or whose device has gone or has another password. */
  byToken(
    token: string,
  ): Promise<{ readonly device: DeviceRecord; readonly expiresAtMs: number } | undefined>
  issue(device: DeviceRecord, lifetimeS: number): IssuedToken
}

export interface IssuedToken {
  readonly token: string
  readonly content: DeviceTokenContent
}

/** Counts wrong passwords, by the client's address and the user name. */
export interface Guesses {
  /** `slow`: a try is looked at if `takeTurn` says so. `from` tells clients of one address apart. */
  access(address: string, username: string, from: string): 'free' | 'slow' | 'locked'
  takeTurn(address: string, username: string): boolean
  failed(address: string, username: string, from: string): unknown
  succeeded(address: string, username: string, from: string): void
}
