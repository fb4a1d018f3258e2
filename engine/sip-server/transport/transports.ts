import type { Clock } from '../clock.ts'
import type { LogEvent } from '../context.ts'
import type { Counters } from '../counters.ts'
import { bareHost, uriHost } from '../message/uri.ts'
import type { Random } from '../random.ts'
import type { Timing } from '../timing.ts'
import {
  type CertificateFiles,
  type CertificatePair,
  readPair,
  stampOf,
  watchPair,
} from './certificate.ts'
import { systemDns } from './dns.ts'
import { type Advertised, LocalAddress } from './local-address.ts'
import type { Place, Protocol, SendFailure, Target, TransportHandler } from './peer.ts'
import { Resolver } from './resolve.ts'
import { TcpTransport } from './tcp.ts'
import { UdpTransport } from './udp.ts'
import { type Trust, tcpWire, tlsWire } from './wire.ts'

export interface TlsOptions extends CertificateFiles {
  /** 0: any */
  readonly port: number
  /** for connections that we open; `system` without it */
  readonly trust?: Trust
}

export interface TransportOptions {
  readonly host: string
  /** 0: any; UDP and TCP share the number */
  readonly port: number
  readonly plain: readonly ('udp' | 'tcp')[]
  readonly tls: TlsOptions | undefined
  readonly advertised: Omit<Advertised, 'bound'>
  readonly clock: Clock
  readonly random: Random
  readonly timing: Timing
  readonly counters: Counters
  readonly handler: TransportHandler
  readonly log: (event: LogEvent) => void
}

const portAttempts = 20

/** All sockets of the server: bound together, closed together, one way to send. */
export class Transports {
  readonly #options: TransportOptions
  readonly #local: LocalAddress
  readonly #resolver: Resolver
  #udp: UdpTransport | undefined
  #tcp: TcpTransport | undefined
  #tls: TcpTransport | undefined
  #ports: Partial<Record<Protocol, number>> = {}
  #stopWatching = (): void => undefined

  constructor(options: TransportOptions) {
    this.#options = options
    this.#local = new LocalAddress({ bound: options.host, ...options.advertised })
    this.#resolver = new Resolver(
      options.clock,
      options.random,
      systemDns,
      options.host.includes(':') ? 6 : 4,
    )
  }

  /** those that there are, the one for URIs that name none first */
  get protocols(): readonly Protocol[] {
    const { plain, tls } = this.#options
    return [...plain, ...(tls === undefined ? [] : (['tls'] as const))]
  }
  get connections(): number {
    return (this.#tcp?.connections ?? 0) + (this.#tls?.connections ?? 0)
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
        return
      } catch (error) {
        await this.close()
        // the TCP side of a port that UDP was given by chance may be taken: try another
        const isTaken = (error as { code?: string }).code === 'EADDRINUSE'
        if (!isTaken || this.#options.port !== 0 || attempt >= portAttempts) throw error
      }
    }
  }

  /** host:port that this peer should be told, the host ready for a URI */
  contactAddress(peer: string, protocol: Protocol): string {
    const host = this.#local.forPeer(peer, this.#options.clock.nowMs())
    return `${uriHost(host)}:${this.portOf(protocol)}`
  }
  /** the address a packet to that peer leaves from */
  socketAddress(peer: string): string {
    return this.#local.socketAddress(peer, this.#options.clock.nowMs())
  }
  isOwn(host: string, port: number): boolean {
    const isOurs = Object.values(this.#ports).includes(port)
    return isOurs && this.#local.isOwn(bareHost(host), this.#options.clock.nowMs())
  }

  send(target: Target, text: string, failed: (why: SendFailure) => void): void {
    if (target.stream?.open === true) {
      target.stream.write(text)
      return
    }
    if (target.streamOnly === true) {
      failed('gone')
      return
    }
    this.#resolver.resolve(target, (place) => {
      if (target.pin !== undefined) target.pin.place = place
      if (place === undefined) failed('dns')
      else this.#sendTo(target, place, text, failed)
    })
  }

  async close(): Promise<void> {
    this.#stopWatching()
    await Promise.all([this.#udp?.close(), this.#tcp?.close(), this.#tls?.close()])
    this.#udp = undefined
    this.#tcp = undefined
    this.#tls = undefined
  }

  #sendTo(
    { protocol, host }: Target,
    place: Place,
    text: string,
    failed: (why: SendFailure) => void,
  ): void {
    if (protocol === 'udp') this.#udp?.send(text, place.address, place.port, failed)
    else if (protocol === 'tcp') this.#tcp?.send(text, place, host, failed)
    else this.#tls?.send(text, place, host, failed)
  }

  async #bind(): Promise<void> {
    const { host, plain, handler, counters } = this.#options
    let { port } = this.#options
    if (plain.includes('udp')) {
      this.#udp = new UdpTransport(host, handler, counters)
      port = await this.#udp.bind(host, port)
      this.#ports.udp = port
    }
    if (plain.includes('tcp')) {
      this.#tcp = new TcpTransport(this.#options, tcpWire)
      this.#ports.tcp = await this.#tcp.listen(host, port)
    }
  }

  async #bindTls(
    options: TlsOptions,
    { pair, known }: { readonly pair: CertificatePair; readonly known: string },
  ): Promise<void> {
    const { timing, counters, clock, log } = this.#options
    const trust = options.trust ?? 'system'
    const wire = tlsWire({ pair, trust, timing, counters })
    const tls = new TcpTransport(this.#options, wire)
    this.#tls = tls
    this.#ports.tls = await tls.listen(this.#options.host, options.port)
    const { certificateMs: everyMs } = timing
    this.#stopWatching = watchPair(
      options,
      clock,
      { everyMs, known },
      {
        changed: (renewed) => {
          tls.server.setSecureContext(renewed)
          log({ event: 'tls.certificate', certFile: options.certFile })
        },
        unusable: (why) => log({ event: 'tls.unusable', why }),
      },
    )
  }
}
