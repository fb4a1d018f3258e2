import { Failure } from '../../core/failures.ts'
import type { ConnectionState } from '../../core/ports/media.ts'
import type { WebRtcEnd } from '../agreement.ts'
import { type LinkFigures, noLink } from './link-figures.ts'
import type { MediasoupHost } from './mediasoup-host.ts'
import type { RtpPortStatistics, RtpTarget, WebRtcPort } from './rtp-port.ts'
import { WebRtcLine } from './webrtc-line.ts'

const ignore = (): void => {}

/** How often ports ask what came. */
const LOOK_MS = 1000
/** At every so many looks mediasoup is asked for its figures. */
const LOOKS_A_LINK = 5
/** A browser that is there asks for consent every 2.5 s or so (RFC 7675: within 5 s), whatever else it sends. */
const LOST_AFTER_MS = 6500
/** One whose audio was coming, as it does in silence too, and of which then nothing at all comes: its page is closed. */
const CUT_AFTER_MS = 1500

interface WebRtcPortsEnvironment {
  readonly host: MediasoupHost
  /** Addresses of ours for candidates, as they are now. */
  readonly addresses: () => readonly string[]
  readonly nowMs: () => number
  /** Something did not work; in words for a log. */
  readonly trouble: (message: string) => void
}

const words = (error: unknown): string => (error instanceof Error ? error.message : String(error))

async function openLine({ host, addresses }: WebRtcPortsEnvironment): Promise<WebRtcLine> {
  const hosted = await host.current()
  try {
    return await WebRtcLine.open(hosted, addresses)
  } catch (cause) {
    const why = `mediasoup opens no connection for a browser (${words(cause)})`
    throw new Failure('no_media_port', why, undefined, { cause })
  }
}

/**
 * A port behind ICE (lite) and DTLS. When the worker that carries it dies it is built anew in the next one, and SDP
 * has to tell the peer of the new end (`restartIce`).
 *
 * A peer that comes with another certificate than before, which a browser does only with a new connection, is not
 * let in unless `restartIce` was asked after the old connection had ended.
 */
class MediasoupWebRtcPort implements WebRtcPort {
  readonly kind = 'webrtc'
  onPacket: (packet: Uint8Array, bytes: number) => void = ignore
  onConnection: (state: ConnectionState) => void = ignore
  readonly #env: WebRtcPortsEnvironment
  readonly #released: (port: MediasoupWebRtcPort) => void
  readonly #unwatch: () => void
  #line: WebRtcLine
  #told: 'nothing' | ConnectionState = 'nothing'
  /** What is done to the line is done in order. */
  #work: Promise<unknown> = Promise.resolve()
  #closing: Promise<void> | undefined
  #heardAtMs: number
  #packetsAtLook = 0
  #link = noLink
  #looksToLink = LOOKS_A_LINK
  /** Audio was coming the last time that anything did. */
  #flows = false
  readonly #counted = {
    packetsSent: 0,
    packetsReceived: 0,
    packetsFromStrangers: 0,
    packetsForged: 0,
    rtcpReceived: 0,
  }

  constructor(
    env: WebRtcPortsEnvironment,
    line: WebRtcLine,
    released: (port: MediasoupWebRtcPort) => void,
  ) {
    this.#env = env
    this.#released = released
    this.#heardAtMs = env.nowMs()
    this.#line = this.#adopt(line)
    this.#unwatch = env.host.onDeath(() => this.#died())
  }

  get end(): WebRtcEnd {
    return this.#line.end
  }

  get heard(): number {
    return this.#counted.packetsReceived + this.#counted.rtcpReceived
  }

  get heardRtcp(): number {
    return this.#counted.rtcpReceived
  }

  aim({ formats, protection }: RtpTarget): void {
    if (protection.kind !== 'webrtc') throw new Failure('invalid_request', 'This leg is of WebRTC')
    const { peer } = protection
    this.#flows = false
    this.#enqueue(() => this.#line.agree(formats, peer)).catch((error) => {
      // A leg without sound, not the end of all; SDP may try again.
      if (this.#closing === undefined)
        this.#env.trouble(`a browser can't be heard: ${words(error)}`)
    })
  }

  send(packet: Uint8Array, bytes: number): void {
    if (this.#closing !== undefined) return
    if (this.#told === 'up' && this.#line.send(packet, bytes)) this.#counted.packetsSent += 1
  }

  restartIce(): Promise<WebRtcEnd> {
    return this.#enqueue(async () => {
      if (this.#closing !== undefined) throw new Failure('no_media_port', 'The leg is closed')
      if (this.#line.isOver) await this.#renew()
      else await this.#line.restartIce()
      return this.#line.end
    })
  }

  statistics(): RtpPortStatistics {
    return { ...this.#counted }
  }

  link(): LinkFigures {
    return this.#link
  }

  /** The reports are mediasoup's. */
  plays(): void {}

  close(): Promise<void> {
    this.#closing ??= this.#end()
    return this.#closing
  }

  /**
   * Once a second: is the peer still there? mediasoup is asked only where no packets tell; its own watch over consent
   * takes 10 s.
   */
  async look(): Promise<void> {
    const line = this.#line
    if (line.isOver) return
    this.#looksToLink -= 1
    if (this.#looksToLink <= 0) void this.#askForLink(line)
    const { packetsReceived } = this.#counted
    if (packetsReceived !== this.#packetsAtLook) {
      this.#packetsAtLook = packetsReceived
      line.forgetBytes()
      this.#flows = true
      this.#heard()
      return
    }
    const bytes = await line.bytesSinceLast().catch(() => 0)
    if (line !== this.#line || this.#closing !== undefined) return
    if (bytes > 0) {
      this.#flows = false
      this.#heard()
      return
    }
    const afterMs = this.#flows ? CUT_AFTER_MS : LOST_AFTER_MS
    if (this.#told === 'up' && this.#env.nowMs() - this.#heardAtMs > afterMs) this.#tell('lost')
  }

  /** Something came in the last second. */
  #heard(): void {
    this.#heardAtMs = this.#env.nowMs()
    this.#counted.rtcpReceived += 1
    this.#judge()
  }

  async #askForLink(line: WebRtcLine): Promise<void> {
    this.#looksToLink = LOOKS_A_LINK
    this.#link = (await line.figures().catch(() => undefined)) ?? this.#link
  }

  #enqueue<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#work.then(work)
    this.#work = done.catch(ignore)
    return done
  }

  #adopt(line: WebRtcLine): WebRtcLine {
    line.onPacket = (packet, bytes) => {
      this.#counted.packetsReceived += 1
      this.onPacket(packet, bytes)
    }
    line.onState = () => this.#judge()
    line.onFault = (error) => this.#env.trouble(`a packet of a browser went wrong: ${words(error)}`)
    return line
  }

  #judge(): void {
    const line = this.#line
    if (line.isLost) this.#tell('lost')
    else if (line.isUp) {
      if (this.#told !== 'up') this.#heardAtMs = this.#env.nowMs()
      this.#tell('up')
    }
  }

  #tell(state: ConnectionState): void {
    if (this.#told === state || this.#closing !== undefined) return
    this.#told = state
    this.onConnection(state)
  }

  #died(): void {
    this.#enqueue(() => this.#renew()).catch((error) => this.#env.trouble(words(error)))
    // A peer that is away can't be told of the new end: it has to come by itself.
    if (this.#told === 'lost') return
    // Each time: what it was offered after the last death is dead too.
    this.#told = 'nothing'
    this.#tell('broken')
  }

  /** Only for a line that is over. */
  async #renew(): Promise<void> {
    if (this.#closing !== undefined || !this.#line.isOver) return
    const next = await openLine(this.#env)
    this.#line.close()
    this.#line = this.#adopt(next)
  }

  async #end(): Promise<void> {
    this.#unwatch()
    await this.#work
    await this.#askForLink(this.#line)
    this.onPacket = ignore
    this.#line.close()
    this.#released(this)
  }
}

/** Gives out WebRTC ports. */
export class WebRtcPorts {
  readonly #env: WebRtcPortsEnvironment
  readonly #open = new Set<MediasoupWebRtcPort>()
  readonly #looking: NodeJS.Timeout

  constructor(env: WebRtcPortsEnvironment) {
    this.#env = env
    this.#looking = setInterval(() => {
      for (const port of this.#open) void port.look()
    }, LOOK_MS)
  }

  /** @throws Failure `no_media_port`. */
  async openWebRtc(): Promise<WebRtcPort> {
    const line = await openLine(this.#env)
    const port = new MediasoupWebRtcPort(this.#env, line, (closed) => this.#open.delete(closed))
    this.#open.add(port)
    return port
  }

  async close(): Promise<void> {
    clearInterval(this.#looking)
    await Promise.all([...this.#open].map((port) => port.close()))
  }
}
