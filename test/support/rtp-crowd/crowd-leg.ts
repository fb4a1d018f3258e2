import type { Socket } from 'node:dgram'
import { emptyRtpHeader, RTP_HEADER_BYTES, readRtp, writeRtp } from '../../../engine/dsp/rtp.ts'
import { HeardAudio } from './heard-audio.ts'
import type { LegFigures, Turn } from './protocol.ts'
import { type CrowdCodec, FRAME_SAMPLES, loopOf, type SpokenLoop, silenceOf } from './voices.ts'

const LARGEST_PACKET = 1500
const header = emptyRtpHeader()

interface ScheduledTurn {
  readonly loop: SpokenLoop
  readonly fromMs: number
  readonly toMs: number
}

/** What a leg has said in its turns, for finding it again in what others hear. */
export interface Said {
  readonly loop: SpokenLoop
  /** When the n-th payload since the turn began was sent. */
  readonly sentAtMs: number[]
}

/** One member: sends 20 ms of its voice or of silence when told to, and counts, or keeps, what comes. */
export class CrowdLeg {
  readonly codec: CrowdCodec
  /** The newest turn. */
  said: Said | undefined
  heard: HeardAudio | undefined
  #remotePort = 0
  readonly #socket: Socket
  /** The socket is this leg's own. */
  readonly #alone: boolean
  readonly #payloadType: number
  readonly #ssrc: number
  readonly #unitsPerFrame: number
  readonly #silence: Uint8Array
  readonly #packet = Buffer.alloc(LARGEST_PACKET)
  #turns: ScheduledTurn[] = []
  #frame = 0
  #sent = 0
  #received = 0
  #missing = 0
  #lastSequence = -1

  constructor(
    socket: Socket,
    alone: boolean,
    codec: CrowdCodec,
    payloadType: number,
    ssrc: number,
  ) {
    this.#socket = socket
    this.#alone = alone
    this.codec = codec
    this.#payloadType = payloadType
    this.#ssrc = ssrc
    this.#unitsPerFrame = codec === 'opus' ? 6 * FRAME_SAMPLES : FRAME_SAMPLES
    this.#silence = silenceOf(codec)
  }

  get remotePort(): number {
    return this.#remotePort
  }

  /** 0: nowhere. A socket of its own then hears nobody else. */
  aim(port: number, address: string): void {
    if (this.#alone && this.#remotePort !== 0) this.#socket.disconnect()
    this.#remotePort = this.#alone ? 0 : port
    this.#lastSequence = -1
    if (!this.#alone || port === 0) return
    this.#socket.connect(port, address, () => {
      this.#remotePort = port
    })
  }

  say(turns: readonly Turn[], fromMs: number): void {
    this.#turns = turns.map((turn) => ({
      loop: loopOf(this.codec, turn.voice),
      fromMs: fromMs + turn.fromMs,
      toMs: fromMs + turn.toMs,
    }))
    this.said = undefined
  }

  send(nowMs: number, address: string): void {
    const frame = this.#frame++
    if (this.#remotePort === 0) return
    const payload = this.#next(nowMs)
    const packet = this.#packet
    const timestamp = frame * this.#unitsPerFrame
    writeRtp(packet, 0, this.#payloadType, frame === 0, frame, timestamp, this.#ssrc)
    packet.set(payload, RTP_HEADER_BYTES)
    const bytes = RTP_HEADER_BYTES + payload.length
    this.#sent += 1
    if (this.#alone) this.#socket.send(packet, 0, bytes, ignore)
    else this.#socket.send(packet, 0, bytes, this.#remotePort, address)
  }

  receive(packet: Uint8Array, nowMs: number): void {
    if (!readRtp(packet, packet.length, header) || header.payloadType !== this.#payloadType) return
    const { sequence } = header
    this.#received += 1
    const ahead = this.#lastSequence < 0 ? 1 : ((sequence - this.#lastSequence) << 16) >> 16
    if (ahead > 0) this.#lastSequence = sequence
    // One that comes after those that follow it was counted as missing when it was passed.
    this.#missing += ahead > 0 ? ahead - 1 : -1
    this.heard?.keep(header, packet, nowMs)
  }

  /** Figures begin anew. */
  measure(keep: boolean): void {
    this.#sent = 0
    this.#received = 0
    this.#missing = 0
    this.#lastSequence = -1
    this.heard = keep ? new HeardAudio(this.codec, this.#unitsPerFrame / FRAME_SAMPLES) : undefined
  }

  figures(): LegFigures {
    return { sent: this.#sent, received: this.#received, missing: this.#missing }
  }

  #next(nowMs: number): Uint8Array {
    const turn = this.#turns[0]
    if (!turn || nowMs < turn.fromMs) return this.#silence
    if (nowMs >= turn.toMs) {
      this.#turns.shift()
      return this.#next(nowMs)
    }
    if (this.said?.loop !== turn.loop) this.said = { loop: turn.loop, sentAtMs: [] }
    const { sentAtMs } = this.said
    const { payloads } = turn.loop
    const payload = payloads[sentAtMs.length % payloads.length]!
    sentAtMs.push(nowMs)
    return payload
  }
}

/** A peer that is not there (any more): refused packets are errors of the socket otherwise. */
const ignore = (): void => {}
