import { type SipUri, uriTransport } from '../message/uri.ts'
import type { Protocol } from './peer.ts'

interface Facts {
  /** in a Via */
  readonly word: string
  /** where a URI names no port (RFC 3261 section 19.1.2, RFC 7118 section 5.3) */
  readonly port: number
  /** in a URI; a WebSocket is `ws` with and without TLS (RFC 7118 section 5.2) */
  readonly param: string
  /** before the domain in the name of its SRV records */
  readonly service: string
  readonly stream: boolean
}

const facts: Readonly<Record<Protocol, Facts>> = {
  udp: { word: 'UDP', port: 5060, param: '', service: '_sip._udp', stream: false },
  tcp: { word: 'TCP', port: 5060, param: ';transport=tcp', service: '_sip._tcp', stream: true },
  tls: { word: 'TLS', port: 5061, param: ';transport=tls', service: '_sips._tcp', stream: true },
  ws: { word: 'WS', port: 80, param: ';transport=ws', service: '_sip._ws', stream: true },
  wss: { word: 'WSS', port: 443, param: ';transport=ws', service: '_sips._ws', stream: true },
}

export const viaWord = (protocol: Protocol): string => facts[protocol].word
export const defaultPort = (protocol: Protocol): number => facts[protocol].port
export const transportParam = (protocol: Protocol): string => facts[protocol].param
export const serviceName = (protocol: Protocol): string => facts[protocol].service
export const isStream = (protocol: Protocol): boolean => facts[protocol].stream
/** True where only the other side can open a connection. */
export const isWebSocket = (protocol: Protocol): boolean => protocol === 'ws' || protocol === 'wss'

const isProtocol = (text: string): text is Protocol => Object.hasOwn(facts, text)

const overTls: Readonly<Record<string, Protocol>> = {
  tcp: 'tls',
  tls: 'tls',
  ws: 'wss',
  wss: 'wss',
}

/**
 * The transport that a URI asks for, undefined if it leaves that open, `unknown` for one that there
 * is not. `sips:` is TLS, whatever carries it (RFC 3261 section 26.2.2).
 */
export const namedProtocol = (uri: SipUri): Protocol | 'unknown' | undefined => {
  const named = uriTransport(uri)
  if (uri.scheme === 'sips') return overTls[named ?? 'tls'] ?? 'unknown'
  if (named === undefined) return undefined
  return isProtocol(named) ? named : 'unknown'
}

/** The port of a URI, or that of its transport. */
export const portOfUri = (uri: SipUri): number => {
  if (uri.port !== undefined) return uri.port
  const named = namedProtocol(uri)
  return defaultPort(named === undefined || named === 'unknown' ? 'udp' : named)
}
