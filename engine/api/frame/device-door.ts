import type { IncomingHttpHeaders } from 'node:http'
import { Failure } from '../../core/failures.ts'
import type { Credentials, OfDevice } from '../dialect.ts'
import { type Authorities, authenticate, basicPair, type Caller, callerFor } from './auth.ts'

/** What a door has to know of a request. */
export interface Knock {
  readonly headers: IncomingHttpHeaders
  readonly method: string
  readonly params: unknown
  /** The client's own address. */
  readonly address: string
}

/**
 * Who asks at a route: as `authenticate`, or the device by its password where the route takes that. A
 * device gets no further than the routes that are open to it, and there to what is its own. Failures:
 * `unauthorized`, `rate_limited`, `forbidden`.
 */
export async function callerAt(
  authorities: Authorities,
  knock: Knock,
  credentials: Credentials,
  ofDevice: OfDevice | undefined,
): Promise<Caller> {
  const { headers, params, address } = knock
  const pair = ofDevice?.takesPassword && basicPair(headers.authorization ?? '')
  const caller = pair
    ? await byPassword(authorities, pair, address)
    : await authenticate(authorities, knock, credentials)
  keepToItself(caller, params, ofDevice)
  return caller
}

/** Failure `forbidden` for a device that asks what is not open to it. */
export function keepToItself(
  { device }: Caller,
  params: unknown,
  ofDevice: OfDevice | undefined,
): void {
  if (device === undefined) return
  if (ofDevice === undefined) {
    const text = 'A device may not ask this: it takes an API key of the account'
    throw new Failure('forbidden', text)
  }
  const named = (params as Record<string, unknown>)[ofDevice.param]
  if (named === device.id || named === device.username) return
  throw new Failure('forbidden', 'A device may ask about itself alone')
}

async function byPassword(
  authorities: Authorities,
  [username, password]: readonly [string, string],
  address: string,
): Promise<Caller> {
  const device = await authorities.deviceLogins.byPassword(username, password, address)
  const caller = await callerFor(authorities, device)
  if (caller === undefined) throw new Failure('unauthorized', 'The device has no account')
  return caller
}
