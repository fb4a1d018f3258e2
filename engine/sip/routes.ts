import type { DeviceId } from '../core/ids.ts'
import type { RegisteredContact, SipTarget, TrunkRecord } from '../core/ports/sip.ts'
import { encodeUser, parseSipUri } from './address.ts'
import type { Route } from './branch.ts'

/** `udp/192.0.2.1:5060` as the SIP URI of a next hop; undefined for what is no source. */
export function nextHopOf(source: string): string | undefined {
  const match = /^(udp|tcp|tls|ws|wss)\/(\[[^\]]+\]|[^:]+|[0-9a-f:]+):(\d+)$/i.exec(source)
  if (!match) return undefined
  const host = match[2]!.includes(':') && !match[2]!.startsWith('[') ? `[${match[2]}]` : match[2]
  return `sip:${host}:${match[3]};transport=${match[1]!.toLowerCase()}`
}

/** Where the INVITE goes; empty when a device has no contact. */
export function routesOf(
  target: SipTarget,
  contactsOf: (deviceId: DeviceId) => readonly RegisteredContact[],
): Route[] {
  switch (target.kind) {
    case 'trunk':
      return [trunkRoute(target.trunk, target.number)]
    case 'device':
      return contactsOf(target.deviceId).map(contactRoute)
    case 'uri':
      // Headers have no place in a request-URI (RFC 3261 section 19.1.1).
      return [{ uri: target.uri.split('?')[0]! }]
  }
}

/** The address in `udp/192.0.2.1:5060`, without brackets. */
const hostOf = (source: string): string =>
  source
    .replace(/^[a-z]+\//i, '')
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '')

function trunkRoute(trunk: TrunkRecord, number: string): Route {
  const host = trunk.host.includes(':') ? `[${trunk.host}]` : trunk.host
  const { port, transport, username, password } = trunk
  // without a port DNS says it, and where UDP was not asked for by one, the transport too (RFC 3263)
  const over = port === 0 && transport === 'udp' ? '' : `;transport=${transport}`
  const place = port === 0 ? host : `${host}:${port}`
  return {
    uri: `sip:${encodeUser(number)}@${place}${over}`,
    credentials: username !== null && password !== null ? { username, password } : undefined,
  }
}

/** The request-URI is the contact, the packet goes to where the REGISTER came from (NAT). */
export function contactRoute(contact: RegisteredContact): Route {
  const nextHop = nextHopOf(contact.source)
  if (nextHop === undefined) return { uri: contact.uri }
  const natAddress = hostOf(contact.source)
  // a browser's name for itself: the server knows on which connection it registered (RFC 7118)
  const isBrowser = parseSipUri(contact.uri)?.host.endsWith('.invalid') === true
  return { uri: contact.uri, natAddress, ...(isBrowser ? {} : { nextHop }) }
}
