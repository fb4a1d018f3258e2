import type { Clock } from '../clock.ts'
import type { LogEvent } from '../context.ts'
import type { Counters } from '../counters.ts'
import { bareHost, uriHost } from '../message/uri.ts'
import type { Random } from '../random.ts'
import type { Timing } from '../timing.ts'
import {
  type CertificateFiles,
  type CertificatePair,
  type CertificateWatch,
  readPair,
  stampOf,
  watchPair,
} from './certificate.ts'
import { type Dns, dnsOf } from './dns.ts'
import { type Advertised, LocalAddress } from './local-address.ts'
import { Names } from './names.ts'
import type { Place, Protocol, SendFailure, Stream, Target, TransportHandler } from './peer.ts'
import { probe } from './probe.ts'
import { isWebSocket } from './protocols.ts'
import type { Tap } from './tap.ts'
import { TcpTransport } from './tcp.ts'
import { UdpTransport } from './udp.ts'
import { WebSocketTransport } from './web-socket.ts'
import { type Trust, tcpWire, tlsWire } from './wire.ts'

export interface TlsOptions extends CertificateFiles {
  /** 0: any */
  readonly port: number
  /** for connections that we open; `system` without it */
  readonly trust?: Trust
  /** another listener, for WebSockets with TLS; 0: any */
  readonly wssPort?: number
}

/** WebSockets without TLS (RFC 7118). */
export interface WsOptions {
  /** a listener for clients; 0: any */
  readonly port?: number
  /**
   * Two listeners on loopback for an HTTP server of the same machine that hands connections on: one for those that
   * came to it without TLS (`ws`), one for those with (`wss`). The upgrade request has
   * `Sip-Relay: <token> <address> <port>` with the client's address.
   */
  readonly relayToken?: string
}

export interface TransportOptions {
  readonly host: string
  /** 0: any; UDP and TCP share the number */
  readonly port: number
  readonly plain: readonly ('udp' | 'tcp')[]
  readonly tls: TlsOptions | undefined
  readonly ws: WsOptions | undefined
  readonly wsOrigins: readonly string[]
  readonly advertised: Omit<Advertised, 'bound'>
  readonly clock: Clock
  readonly random: Random
  readonly timing: Timing
  readonly counters: Counters
  readonly handler: TransportHandler
  /** name servers (`address` or `address:port`) instead of the system's */
  readonly nameServers: readonly string[]
  /** look-ups of another kind, in tests */
  readonly dns: Dns | undefined
  contain(work: () => void): void
  readonly tap: Tap | undefined
  readonly log: (event: LogEvent) => void
}

/** By how clients came to the HTTP server. */
export interface RelayPorts {
  ws: number
  wss: number
}

const portAttempts = 20

/** Addresses that can be reached from the one we are bound to. */
const familiesOf = (host: string): (4 | 6)[] => {
  if (host === '::') return [6, 4]
  return [host.includes(':') ? 6 : 4]
}

/** All sockets of the server: bound together, closed together, one way to send. */
export class Transports {
  readonly #options: TransportOptions
  readonly #local: LocalAddress
  readonly names: Names
  #udp: UdpTransport | undefined
  #tcp: TcpTransport | undefined
  #tls: TcpTransport | undefined
  readonly #ws: WebSocketTransport
  readonly #wss: WebSocketTransport
  readonly #relayPorts: RelayPorts = { ws: 0, wss: 0 }
  #ports: Partial<Record<Protocol, number>> = {}
  #certificate: CertificateWatch | undefined

  constructor(options: TransportOptions) {
    this.#options = options
    this.#ws = new WebSocketTransport(options, 'ws', options.wsOrigins)
    this.#wss = new WebSocketTransport(options, 'wss', options.wsOrigins)
    this.#local = new LocalAddress({ bound: options.host, ...options.advertised })
    this.names = new Names({
      clock: options.clock,
      random: options.random,
      dns: options.dns ?? dnsOf(options.nameServers),
      families: familiesOf(options.host),
      protocols: this.protocols.filter((protocol) => !isWebSocket(protocol)),
      contain: (work) => options.contain(work),
    })
  }

  /** those that there are, the one for URIs that name none first */
  get protocols(): readonly Protocol[] {
    const { plain, tls, ws } = this.#options
    const more: Protocol[] = [...plain]
    if (tls !== undefined) more.push('tls')
    if (ws !== undefined) more.push('ws')
    if (tls?.wssPort !== undefined || ws?.relayToken !== undefined) more.push('wss')
    return more
  }
  /** those that peers can connect to by themselves */
  get listening(): readonly Protocol[] {
    return this.protocols.filter((protocol) => this.portOf(protocol) !== 0)
  }
  get connections(): number {
    const all = [this.#tcp, this.#tls, this.#ws, this.#wss]
    return all.reduce((sum, each) => sum + (each?.connections ?? 0), 0)
  }
  /** where an HTTP server may hand connections on; 0 without a relay */
  get relayPorts(): Readonly<RelayPorts> {
    return this.#relayPorts
  }
  /** 0 for what is not listened for */
  portOf(protocol: Protocol): number {
    return this.#ports[protocol] ?? 0
  }

  /** Binds everything or nothing; rejects with the system's error, or what is wrong with a certificate. */
  async start(): Promise<void> {
    const { tls } = this.#options
    // the stamp first: files that change meanwhile are others then
    const certificate = tls === undefined ? undefined : { known: stampOf(tls), pair: readPair(tls) }
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#bind()
        if (tls !== undefined && certificate !== undefined) await this.#bindTls(tls, certificate)
        await this.#bindWs()
        return
      } catch (error) {
        await this.close()
        // the TCP side of a port that UDP was given by chance may be taken: try another
        const { code, port } = error as { code?: string; port?: number }
        const isTaken = code === 'EADDRINUSE' && (port !== tls?.port || port === 0)
        if (!isTaken || this.#options.port !== 0 || attempt >= portAttempts) throw error
      }
    }
  }

  /** host:port that this peer should be told, the host ready for a URI */
  contactAddress(peer: string, protocol: Protocol): string {
    const host = this.#local.forPeer(peer, this.#options.clock.nowMs())
    // a client of the relay uses its connection, whatever it is told
    const relay = protocol === 'ws' || protocol === 'wss' ? this.#relayPorts[protocol] : 0
    const port = this.portOf(protocol) || relay
    return `${uriHost(host)}:${port}`
  }
  /** the address a packet to that peer leaves from */
  socketAddress(peer: string): string {
    return this.#local.socketAddress(peer, this.#options.clock.nowMs())
  }
  isOwn(host: string, port: number): boolean {
    const ports = [...Object.values(this.#ports), ...Object.values(this.#relayPorts)]
    const isOurs = port !== 0 && ports.includes(port)
    return isOurs && this.#local.isOwn(bareHost(host), this.#options.clock.nowMs())
  }

  send(target: Target, text: string, failed: (why: SendFailure) => void): void {
    const stream = target.stream?.open === true ? target.stream : this.#webSocketOf(target)
    if (stream !== undefined) {
      stream.write(text)
      return
    }
    if (target.streamOnly === true) {
      failed('gone')
      return
    }
    this.names.placeOf(target, (place) => {
      if (place === undefined) failed('dns')
      else this.#sendTo(target, place, text, failed)
    })
  }

  /** `refused` is called if nobody listens at that UDP port; the returned function ends the question. */
  probe(target: Target, refused: () => void): () => void {
    return target.place === undefined ? () => undefined : probe(target.place, refused)
  }

  /**
   * A request that went there at `sinceMs` was never answered. If nothing at all has come on its connection
   * since, that is dead: what was written waits for a receipt, and for as long the system asks nobody.
   */
  unanswered(target: Target, sinceMs: number): void {
    const stream = target.stream ?? this.#streamTo(target)
    if (stream?.open === true && (stream.heardAtMs ?? sinceMs) < sinceMs) stream.destroy?.()
  }

  #streamTo({ protocol, host, port, place, pin }: Target): Stream | undefined {
    const there = place ?? pin?.place ?? { address: host, port }
    if (protocol === 'tcp') return this.#tcp?.find(there, host)
    return protocol === 'tls' ? this.#tls?.find(there, host) : undefined
  }

  /** Reads the certificate files at once. */
  readCertificate(): void {
    this.#certificate?.read()
  }

  async close(): Promise<void> {
    this.names.close()
    this.#certificate?.stop()
    const all = [this.#udp, this.#tcp, this.#tls, this.#ws, this.#wss]
    await Promise.all(all.map((each) => each?.close()))
    this.#udp = undefined
    this.#tcp = undefined
    this.#tls = undefined
  }

  /** The connection that a WebSocket client opened from the place that is named. */
  #webSocketOf({ protocol, host, port }: Target): Stream | undefined {
    if (protocol === 'ws') return this.#ws.find({ address: host, port })
    return protocol === 'wss' ? this.#wss.find({ address: host, port }) : undefined
  }

  #sendTo(
    { protocol, host, gate }: Target,
    place: Place,
    text: string,
    failed: (why: SendFailure) => void,
  ): void {
    const stream = protocol === 'tcp' ? this.#tcp : this.#tls
    // to a browser nobody connects
    if (isWebSocket(protocol)) failed('gone')
    else if (protocol === 'udp' && this.#udp !== undefined) {
      this.#udp.send(text, place.address, place.port, failed)
    } else if (protocol !== 'udp' && stream !== undefined) {
      stream.send(place, host, { text, failed, ...(gate && { gate }) })
    } else failed('closed')
  }

  async #bind(): Promise<void> {
    const { host, plain, handler, counters, tap } = this.#options
    let { port } = this.#options
    if (plain.includes('udp')) {
      this.#udp = new UdpTransport(
        host,
        handler,
        counters,
        tap && ((sent, remote, text) => tap(sent, 'udp', this.#udpPlace(remote), remote, text)),
      )
      port = await this.#udp.bind(host, port)
      this.#ports.udp = port
    }
    if (plain.includes('tcp')) {
      this.#tcp = new TcpTransport(this.#options, tcpWire)
      this.#ports.tcp = await this.#tcp.listen(host, port)
    }
  }

  /** Node does not tell to which of our addresses a datagram came. */
  #udpPlace(remote: Place): Place {
    return { address: this.socketAddress(remote.address), port: this.portOf('udp') }
  }

  async #bindTls(
    options: TlsOptions,
    { pair, known }: { readonly pair: CertificatePair; readonly known: string },
  ): Promise<void> {
    const { host, timing, counters, clock, log } = this.#options
    const trust = options.trust ?? 'system'
    const wire = tlsWire({ pair, trust, timing, counters })
    const tls = new TcpTransport(this.#options, wire)
    this.#tls = tls
    this.#ports.tls = await tls.listen(host, options.port)
    const wss =
      options.wssPort === undefined
        ? undefined
        : await this.#wss.listenTls(host, options.wssPort, pair)
    if (wss !== undefined) this.#ports.wss = wss.port
    const { certificateMs: everyMs } = timing
    this.#certificate = watchPair(
      options,
      clock,
      { everyMs, known },
      {
        changed: (renewed) => {
          tls.server.setSecureContext(renewed)
          wss?.renew(renewed)
          log({ event: 'tls.certificate', certFile: options.certFile })
        },
        unusable: (why) => log({ event: 'tls.unusable', why }),
      },
    )
  }

  async #bindWs(): Promise<void> {
    const { host, ws } = this.#options
    if (ws?.port !== undefined) this.#ports.ws = await this.#ws.listen(host, ws.port)
    if (ws?.relayToken === undefined) return
    this.#relayPorts.ws = await this.#ws.listen('127.0.0.1', 0, ws.relayToken)
    this.#relayPorts.wss = await this.#wss.listen('127.0.0.1', 0, ws.relayToken)
  }
}
