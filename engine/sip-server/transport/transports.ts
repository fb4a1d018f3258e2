import type { Clock } from '../clock.ts'
import type { Counters } from '../counters.ts'
import { bareHost, uriHost } from '../message/uri.ts'
import type { Random } from '../random.ts'
import type { Timing } from '../timing.ts'
import { systemDns } from './dns.ts'
import { type Advertised, LocalAddress } from './local-address.ts'
import type { Protocol, SendFailure, Target, TransportHandler } from './peer.ts'
import { Resolver } from './resolve.ts'
import { TcpTransport } from './tcp.ts'
import { UdpTransport } from './udp.ts'

export interface TransportOptions {
  readonly host: string
  /** 0: any; UDP and TCP share the number */
  readonly port: number
  readonly protocols: readonly Protocol[]
  readonly advertised: Omit<Advertised, 'bound'>
  readonly clock: Clock
  readonly random: Random
  readonly timing: Timing
  readonly counters: Counters
  readonly handler: TransportHandler
}

const portAttempts = 20

/** All sockets of the server: bound together, closed together, one way to send. */
export class Transports {
  readonly #options: TransportOptions
  readonly #local: LocalAddress
  readonly #resolver: Resolver
  #udp: UdpTransport | undefined
  #tcp: TcpTransport | undefined
  #port = 0

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

  get port(): number {
    return this.#port
  }
  get protocols(): readonly Protocol[] {
    return this.#options.protocols
  }
  get connections(): number {
    return this.#tcp?.connections ?? 0
  }

  /** Binds everything or nothing; rejects with the system's error. */
  async start(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#bind()
        return
      } catch (error) {
        await this.close()
        // the TCP side of a port that UDP was given by chance may be taken: try another
        if (this.#options.port !== 0 || attempt >= portAttempts) throw error
      }
    }
  }

  /** host:port that this peer should be told, the host ready for a URI */
  contactAddress(protocolPeer: string): string {
    const host = this.#local.forPeer(protocolPeer, this.#options.clock.nowMs())
    return `${uriHost(host)}:${this.#port}`
  }
  /** the address a packet to that peer leaves from */
  socketAddress(peer: string): string {
    return this.#local.socketAddress(peer, this.#options.clock.nowMs())
  }
  isOwn(host: string, port: number): boolean {
    return port === this.#port && this.#local.isOwn(bareHost(host), this.#options.clock.nowMs())
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
      else if (target.protocol === 'udp') this.#udp?.send(text, place.address, place.port, failed)
      else this.#tcp?.send(text, place.address, place.port, failed)
    })
  }

  async close(): Promise<void> {
    await Promise.all([this.#udp?.close(), this.#tcp?.close()])
    this.#udp = undefined
    this.#tcp = undefined
  }

  async #bind(): Promise<void> {
    const { host, protocols, handler, counters, clock, timing } = this.#options
    let { port } = this.#options
    if (protocols.includes('udp')) {
      this.#udp = new UdpTransport(host, handler, counters)
      port = await this.#udp.bind(host, port)
    }
    if (protocols.includes('tcp')) {
      this.#tcp = new TcpTransport({ handler, counters, clock, timing })
      port = await this.#tcp.listen(host, port)
    }
    this.#port = port
  }
}
