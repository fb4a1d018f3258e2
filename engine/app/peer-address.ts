import { isIP } from 'node:net'
import type { LegOptions } from '../core/ports/media.ts'
import type { Sip, SipTarget } from '../core/ports/sip.ts'

/** The address in the `source` of a contact: `udp/192.0.2.1:5060`, `tcp/[2001:db8::1]:40000`. */
export const addressIn = (source: string): string =>
  source
    .replace(/^[a-z]+\//i, '')
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '')

/**
 * Where our offer goes, so that it can name the address of ours that is reached from there; nothing where a
 * name stands for it, or where it goes to phones in several places.
 */
export function peerAddressOf(
  sip: Pick<Sip, 'registeredContacts'>,
  target: SipTarget,
): Pick<LegOptions, 'peerAddress'> {
  const places = new Set<string>()
  if (target.kind === 'trunk') places.add(target.trunk.host)
  else if (target.kind === 'device') {
    for (const { source } of sip.registeredContacts(target.deviceId)) places.add(addressIn(source))
  }
  const [only, another] = places
  const isKnown = only !== undefined && another === undefined && isIP(only) !== 0
  return isKnown ? { peerAddress: only } : {}
}
