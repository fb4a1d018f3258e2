import { parseAddress } from '../message/address.ts'
import type { SipMessage } from '../message/message.ts'
import { param } from '../message/params.ts'
import { bareHost, parseUri, uriTransport } from '../message/uri.ts'
import { isInside } from '../transport/local-address.ts'
import { type Peer, type Protocol, type Target, targetOf } from '../transport/peer.ts'
import {
  defaultPort,
  isStream,
  isWebSocket,
  namedProtocol,
  portOfUri,
} from '../transport/protocols.ts'
import type { Transports } from '../transport/transports.ts'

/** Where a URI says a request goes, before anybody is asked (RFC 3263); undefined if we cannot. */
export const targetOfUri = (uri: string, transports: Transports): Target | undefined => {
  const parsed = parseUri(uri)
  if (parsed === undefined) return undefined
  const wanted = namedProtocol(parsed) ?? transports.protocols[0] ?? 'udp'
  const protocol = transports.protocols.find((each): each is Protocol => each === wanted)
  if (protocol === undefined) return undefined
  const host = bareHost(param(parsed.params, 'maddr') ?? parsed.host)
  const port = parsed.port ?? defaultPort(protocol)
  // nobody is found by such a name, and to a browser nobody connects: its own connection, or none
  const streamOnly = isWebSocket(protocol) || /\.invalid$/i.test(host)
  if (streamOnly) return { protocol, host, port, streamOnly }
  if (parsed.port !== undefined) return { protocol, host, port }
  const isOpen = uriTransport(parsed) === undefined
  return { protocol, host, port, service: true, ...(isOpen ? { open: true } : {}) }
}

/** The URI inside a Contact, Route or Record-Route value. */
export const uriOf = (value: string | undefined): string | undefined =>
  value === undefined ? undefined : parseAddress(value)?.uri

/** Route set of a dialog: in order for the called side, reversed for the caller (12.1.1, 12.1.2). */
export const routeSet = (message: SipMessage, role: 'uac' | 'uas'): string[] => {
  const recorded = message.list('record-route')
  return role === 'uac' ? recorded.reverse() : recorded
}

const samePlace = (uri: string, peer: Peer, withPort: boolean): boolean => {
  const parsed = parseUri(uri)
  if (parsed === undefined) return false
  const samePort = !withPort || portOfUri(parsed) === peer.port
  return bareHost(parsed.host) === peer.address && samePort
}

/** A proxy that names itself by an address of its own network, to us outside of that (a NAT in between). */
const namesItselfInside = (route: string, peer: Peer): boolean => {
  const host = parseUri(uriOf(route) ?? '')?.host
  return host !== undefined && isInside(bareHost(host)) && !isInside(peer.address)
}

/**
 * Next hop that overrides the remote target: the open stream if there is one; for UDP without a route
 * set the packet's source, if the Contact names another place (a peer behind NAT). A route is believed,
 * unless the first proxy, which is who we hear, gives an address that leads nowhere from here.
 */
export const flowOf = (
  remoteTarget: string,
  routes: readonly string[],
  peer: Peer,
  role: 'uac' | 'uas',
): Target | undefined => {
  if (isStream(peer.protocol)) {
    if (routes.length > 0) return undefined
    if (isWebSocket(peer.protocol)) return { ...targetOf(peer), streamOnly: true }
    // once the stream is gone the remote target decides again
    const fallback = parseUri(remoteTarget)
    if (fallback === undefined) return targetOf(peer)
    const port = fallback.port ?? defaultPort(peer.protocol)
    return { ...targetOf(peer), host: bareHost(fallback.host), port }
  }
  const [first] = routes
  if (first !== undefined) {
    return role === 'uac' && namesItselfInside(first, peer) ? targetOf(peer) : undefined
  }
  return samePlace(remoteTarget, peer, role === 'uas') ? undefined : targetOf(peer)
}

export interface Routing {
  readonly requestUri: string
  readonly routes: readonly string[]
  /** URI that names the next hop */
  readonly nextHop: string
}

/** Request-URI and Route of a request in a dialog (RFC 3261 section 12.2.1.1). */
export const dialogRouting = (routes: readonly string[], remoteTarget: string): Routing => {
  const first = uriOf(routes[0])
  if (first === undefined) return { requestUri: remoteTarget, routes: [], nextHop: remoteTarget }
  const parsed = parseUri(first)
  const loose = parsed === undefined || param(parsed.params, 'lr') !== undefined
  if (loose) return { requestUri: remoteTarget, routes, nextHop: first }
  return { requestUri: first, routes: [...routes.slice(1), `<${remoteTarget}>`], nextHop: first }
}
