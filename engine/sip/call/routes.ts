import { type DeviceOptions, defaultDeviceOptions } from '../../core/device-options.ts'
import type { DeviceId } from '../../core/ids.ts'
import { mediaKindOf, type Offers } from '../../core/media-way.ts'
import { worthCalling } from '../../core/ports/registrations.ts'
import type { RegisteredContact, SipTarget, TrunkRecord } from '../../core/ports/sip.ts'
import { numberOut } from '../../core/trunk-numbers.ts'
import { optionsOf } from '../../core/trunk-options.ts'
import { encodeUser, parseNameAddress, parseSipUri, type SipUri } from '../address.ts'
import { credentialsOf } from '../trunk/credentials.ts'
import type { Route } from './branch.ts'

/** `udp/192.0.2.1:5060` as the SIP URI of a next hop; undefined for what is no source. */
export function nextHopOf(source: string): string | undefined {
  const match = /^(udp|tcp|tls|ws|wss)\/(\[[^\]]+\]|[^:]+|[0-9a-f:]+):(\d+)$/i.exec(source)
  if (!match) return undefined
  const host = match[2]!.includes(':') && !match[2]!.startsWith('[') ? `[${match[2]}]` : match[2]
  return `sip:${host}:${match[3]};transport=${match[1]!.toLowerCase()}`
}

/** All the places of a target. */
export const routesOf = (...of: Parameters<typeof routeGroupsOf>): Route[] =>
  routeGroupsOf(...of).flat()

/**
 * Where the INVITE goes: places that are called at once, and after them those that are called when nobody
 * there answers. Empty when a device has no contact that could be called.
 */
export function routeGroupsOf(
  target: SipTarget,
  contactsOf: (deviceId: DeviceId) => readonly RegisteredContact[],
): Route[][] {
  switch (target.kind) {
    case 'trunk':
      return [[trunkRoute(target.trunk, target.number)]]
    case 'device':
      return byQ(worthCalling(contactsOf(target.deviceId)), target.options)
    case 'uri':
      // Headers have no place in a request-URI (RFC 3261 section 19.1.1).
      return [
        [
          {
            ...{ uri: target.uri.split('?')[0]!, media: 'rtp' },
            ...(target.credentials && { credentials: target.credentials }),
          },
        ],
      ]
  }
}

/** Places of which each gets the offer for what it speaks; those for which there is none are left out. */
export const withOffers = (
  groups: readonly (readonly Route[])[],
  offers: Offers,
): (Route & { sdp: string })[][] =>
  groups
    .map((group) =>
      group.flatMap((route) => {
        const sdp = route.media === undefined ? undefined : offers[route.media]
        return sdp === undefined ? [] : [{ ...route, sdp }]
      }),
    )
    .filter((group) => group.length > 0)

/** Equals together, the most wanted first (RFC 3261 section 16.6). */
function byQ(
  contacts: readonly RegisteredContact[],
  options: DeviceOptions = defaultDeviceOptions,
): Route[][] {
  const groups = Map.groupBy(contacts, ({ q }) => q)
  const routeOf = (contact: RegisteredContact): Route => ({
    ...contactRoute(contact),
    media: mediaKindOf(contact, options),
  })
  return [...groups].sort(([a], [b]) => b - a).map(([, group]) => group.map(routeOf))
}

/** The address in `udp/192.0.2.1:5060` or a host, without brackets. */
export const bareHostOf = (source: string): string =>
  source
    .replace(/^[a-z]+\//i, '')
    .replace(/(?<=\]|^[^:]*):\d+$/, '')
    .replace(/^\[|\]$/g, '')

function trunkRoute(trunk: TrunkRecord, number: string): Route {
  const { numbers } = optionsOf(trunk)
  return {
    uri: trunkAddress(trunk, numberOut(number, numbers)),
    media: 'rtp',
    credentials: credentialsOf(trunk),
  }
}

/** Where a trunk is, as a request-URI; without a user it means the trunk itself. */
export function trunkAddress({ host, port, transport }: TrunkRecord, user?: string): string {
  const at = user === undefined ? '' : `${encodeUser(user)}@`
  // without a port DNS says it, and where UDP was not asked for by one, the transport too (RFC 3263)
  const over = port === 0 && transport === 'udp' ? '' : `;transport=${transport}`
  return `sip:${at}${uriHost(host)}${port === 0 ? '' : `:${port}`}${over}`
}

/** A bare IPv6 address needs brackets in a URI. */
export const uriHost = (host: string): string => (host.includes(':') ? `[${host}]` : host)

/** It sends packets to another place than its host (RFC 3261 section 19.1.1): nobody whom we know. */
const hasMaddr = ({ params }: SipUri): boolean => params['maddr'] !== undefined

/** The request-URI is the contact, the packet goes to where the REGISTER came from (NAT). */
export function contactRoute({
  uri,
  source,
  path,
}: Pick<RegisteredContact, 'uri' | 'source' | 'path'>): Route {
  if (path.length > 0) return { uri, ...pathRoute(path, source) }
  const nextHop = nextHopOf(source)
  if (nextHop === undefined) return { uri }
  const natAddress = bareHostOf(source)
  const contact = parseSipUri(uri)
  // a browser's name for itself: the server knows on which connection it registered (RFC 7118)
  const isBrowser = contact?.host.endsWith('.invalid') === true && !hasMaddr(contact)
  return { uri, isDevice: true, natAddress, ...(isBrowser ? {} : { nextHop }) }
}

/**
 * By way of the proxies that the REGISTER came by. The first packet goes to the proxy that sent it, whatever
 * a phone may have written into its Path; where audio will come from nobody knows.
 */
function pathRoute(path: readonly string[], source: string): Omit<Route, 'uri'> {
  const first = parseNameAddress(path[0] ?? '')?.uri
  const proxy = parseSipUri(first ?? '')
  const isThere = proxy?.host === uriHost(bareHostOf(source)) && !hasMaddr(proxy)
  const nextHop = isThere ? first : nextHopOf(source)
  return {
    isDevice: true,
    routeSet: path.join(', '),
    ...(nextHop === undefined ? {} : { nextHop }),
  }
}
