import { connect, createServer, isIP, type Server, type Socket } from 'node:net'
import {
  checkServerIdentity,
  connect as connectTls,
  createServer as createTlsServer,
  type Server as TlsServer,
} from 'node:tls'
import type { Counters } from '../counters.ts'
import type { Timing } from '../timing.ts'
import { type CertificatePair, readAuthorities } from './certificate.ts'
import type { Place } from './peer.ts'

/** What is different between TCP and TLS: how a connection comes to be. */
export interface Wire<S extends Server = Server> {
  readonly protocol: 'tcp' | 'tls'
  /** `accept` gets connections on which messages may be exchanged */
  serve(accept: (socket: Socket) => void): S
  /** `name` is whom the request is for, an address or a host name */
  connect(place: Place, name: string): Socket
  /** event of a socket of `connect` that it may be used */
  readonly ready: 'connect' | 'secureConnect'
  /** Connections to one place under different names are not the same to us. */
  keyOf(place: Place, name: string): string
}

export const maxConnections = 10_000

const placeKey = ({ address, port }: Place): string => `${address} ${port}`

export const tcpWire: Wire = {
  protocol: 'tcp',
  serve: (accept) => createServer(accept),
  connect: ({ address, port }) => connect({ host: address, port }),
  ready: 'connect',
  keyOf: placeKey,
}

/**
 * Whose certificates we take when it is we who connect: those of the system's authorities, those of
 * the authorities in a PEM file, or anybody's.
 */
export type Trust = 'system' | 'any' | { readonly caFile: string }

export interface TlsWireParts {
  readonly pair: CertificatePair
  readonly trust: Trust
  readonly timing: Timing
  readonly counters: Counters
}

export const tlsWire = ({ pair, trust, timing, counters }: TlsWireParts): Wire<TlsServer> => {
  const ca = typeof trust === 'object' ? { ca: readAuthorities(trust.caFile) } : {}
  return {
    protocol: 'tls',
    serve: (accept) => {
      const server = createTlsServer({ ...pair, handshakeTimeout: timing.connectMs }, accept)
      // those that are still shaking hands count too
      server.maxConnections = maxConnections
      server.on('drop', () => {
        counters.dropped.connectionLimit++
      })
      server.on('tlsClientError', (_error, socket) => {
        counters.dropped.handshake++
        socket.destroy()
      })
      return server
    },
    connect: ({ address, port }, name) =>
      connectTls({
        ...ca,
        host: address,
        port,
        rejectUnauthorized: trust !== 'any',
        ...(isIP(name) === 0 ? { servername: name } : {}),
        // the name that the request is for, not what DNS made of it (RFC 5922 section 7.1)
        checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
      }),
    ready: 'secureConnect',
    // a certificate speaks for a name; whoever connected to us can only be told by his address
    keyOf: (place, name) =>
      isIP(name) === 0 ? `${placeKey(place)} ${name.toLowerCase()}` : placeKey(place),
  }
}
