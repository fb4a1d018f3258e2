import { isRtcp } from '../../dsp/rtp.ts'
import type { LinkFigures, PlayoutFigures } from './link-figures.ts'
import type { MediasoupHost } from './mediasoup-host.ts'
import { type MediasoupPath, openMediasoupPath } from './mediasoup-path.ts'
import type {
  AddressedRtpPort,
  AddressedRtpPorts,
  RtpFormat,
  RtpPortStatistics,
  RtpTarget,
} from './rtp-port.ts'

const ignore = (): void => {}
const SHORTEST_RTP_BYTES = 12

/**
 * An RTP port whose packets go through mediasoup: socket of ours - PlainTransport - DirectTransport.
 * The socket in front stays ours because mediasoup can't do what it does: hold the source lock, count
 * strangers, move to another address (a PlainTransport connects once), and take a stream whose SSRC
 * nobody announced.
 */
class MediasoupRtpPort implements AddressedRtpPort {
  readonly kind = 'addressed'
  readonly localPort: number
  onPacket: (packet: Uint8Array, bytes: number) => void = ignore
  readonly #front: AddressedRtpPort
  readonly #host: MediasoupHost
  readonly #unwatch: () => void
  readonly #released: (port: AddressedRtpPort) => void
  #formats: readonly RtpFormat[] = []
  #path: MediasoupPath | undefined
  /** Paths are built and torn down one after the other. */
  #building: Promise<void> = Promise.resolve()
  #closing: Promise<void> | undefined

  constructor(
    front: AddressedRtpPort,
    host: MediasoupHost,
    released: (port: AddressedRtpPort) => void,
  ) {
    this.#front = front
    this.#host = host
    this.#unwatch = host.onDeath(() => this.#build())
    this.#released = released
    this.localPort = front.localPort
    front.onPacket = (packet, bytes) => {
      if (bytes >= SHORTEST_RTP_BYTES) this.#path?.inwards(packet, bytes)
    }
  }

  aim(target: RtpTarget): void {
    this.#front.aim(target)
    if (this.#closing !== undefined) return
    if (target.formats.every((format) => this.#has(format))) return
    this.#formats = target.formats
    this.#build()
  }

  send(packet: Uint8Array, bytes: number): void {
    if (this.#closing === undefined) this.#path?.outwards(packet, bytes)
  }

  get heard(): number {
    return this.#front.heard
  }

  get heardRtcp(): number {
    return this.#front.heardRtcp
  }

  statistics(): RtpPortStatistics {
    return this.#front.statistics()
  }

  link(): LinkFigures {
    return this.#front.link()
  }

  plays(figures: PlayoutFigures): void {
    this.#front.plays(figures)
  }

  close(): Promise<void> {
    this.#closing ??= this.#end()
    return this.#closing
  }

  #has({ payloadType }: RtpFormat): boolean {
    return this.#formats.some((format) => format.payloadType === payloadType)
  }

  #build(): void {
    const formats = this.#formats
    if (formats.length === 0) return
    this.#building = this.#building
      .then(() => this.#rebuild(formats))
      .catch(() => {
        // What mediasoup does not take is a leg without sound, not the end of all; SDP may try again.
        this.#formats = []
      })
  }

  async #rebuild(formats: readonly RtpFormat[]): Promise<void> {
    await this.#path?.close()
    this.#path = undefined
    if (this.#closing !== undefined) return
    this.#path = await openMediasoupPath((await this.#host.current()).worker, formats, {
      onInside: (packet, bytes) => this.onPacket(packet, bytes),
      onFault: (error) => this.#host.trouble(`a packet of a peer went wrong: ${error}`),
      // mediasoup sends RTCP of its own; the peer was told of none.
      onOutside: (packet, bytes) => {
        if (!isRtcp(packet, bytes)) this.#front.send(packet, bytes)
      },
    })
  }

  async #end(): Promise<void> {
    this.onPacket = ignore
    this.#unwatch()
    await this.#building
    await this.#path?.close()
    this.#path = undefined
    await this.#front.close()
    this.#released(this)
  }
}

/** Gives out RTP ports that lead through a mediasoup worker. */
export class MediasoupRtpPorts implements AddressedRtpPorts {
  readonly #fronts: AddressedRtpPorts
  readonly #host: MediasoupHost
  readonly #open = new Set<AddressedRtpPort>()

  constructor(fronts: AddressedRtpPorts, host: MediasoupHost) {
    this.#fronts = fronts
    this.#host = host
  }

  async open(port?: number): Promise<AddressedRtpPort> {
    const front = await this.#fronts.open(port)
    const opened = new MediasoupRtpPort(front, this.#host, (port) => this.#open.delete(port))
    this.#open.add(opened)
    return opened
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open].map((port) => port.close()))
    await this.#fronts.close()
  }
}
