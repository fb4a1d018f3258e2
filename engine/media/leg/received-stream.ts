import type { Decoder } from '../../dsp/codec.ts'
import type { JitterBuffer, JitterCounters } from '../../dsp/jitter-buffer.ts'
import type { RtpHeader } from '../../dsp/rtp.ts'
import { type CodecKind, frameSamples, type PcmRateHz } from './codec.ts'
import { FrameConverter } from './frame-converter.ts'

const MOST_PAYLOAD_BYTES = 1500
/** The longest packet there is (Opus), in ticks; and the rest of a tick may wait before it. */
const MOST_TICKS = 7
/** The shortest packet is an eighth of a tick. */
const MOST_PULLS = 8

/** The part of a received stream that is of one codec: jitter buffer, decoder, and the way to the leg's rate. */
export class ReceivedStream {
  readonly kind: CodecKind
  /**
   * Loudness of the newest packet in dBFS (0: a full-scale square wave), told without decoding it: -127 is
   * silence, and NaN is not to be told.
   */
  loudnessDb = Number.NaN
  readonly #jitter: JitterBuffer
  readonly #payload = new Uint8Array(MOST_PAYLOAD_BYTES)
  readonly #next = new Uint8Array(MOST_PAYLOAD_BYTES)
  readonly #tickUnits: number
  /** Pulled, and still to be played after this tick; in timestamp units. */
  #aheadUnits = 0
  #decoder: Decoder
  /** What was decoded and is not played, at the decoder's rate: `#aheadUnits` long. */
  #queue: Int16Array
  #decoded: Int16Array
  /** The first 20 ms of the queue. */
  #frame: Int16Array
  /** From the rate of the decoder to that of the leg. */
  #converter: FrameConverter
  /** The decoder has just begun in the middle of the stream, and finds itself while its sound rises. */
  #rises = false

  constructor(kind: CodecKind, rateHz: PcmRateHz) {
    this.kind = kind
    this.#tickUnits = kind.clockHz / 50
    this.#jitter = kind.newJitterBuffer()
    this.#decoder = kind.newDecoder(kind.codingRateHz(rateHz))
    const samples = frameSamples(this.#decoder.rateHz)
    this.#queue = new Int16Array(MOST_TICKS * samples)
    this.#decoded = new Int16Array(MOST_TICKS * samples)
    this.#frame = this.#queue.subarray(0, samples)
    this.#converter = new FrameConverter(this.#decoder.rateHz, rateHz)
  }

  get counters(): JitterCounters {
    return this.#jitter.counters
  }

  /** The leg's rate from now on. */
  tune(rateHz: PcmRateHz): void {
    if (rateHz === this.#converter.toHz) return
    const codingRateHz = this.kind.codingRateHz(rateHz)
    if (codingRateHz !== this.#decoder.rateHz) {
      this.#decoder.close()
      this.#decoder = this.kind.newDecoder(codingRateHz)
      const samples = frameSamples(codingRateHz)
      this.#queue = new Int16Array(MOST_TICKS * samples)
      this.#decoded = new Int16Array(MOST_TICKS * samples)
      this.#frame = this.#queue.subarray(0, samples)
    }
    this.#converter = new FrameConverter(codingRateHz, rateHz)
    // So that it goes on from what was heard last, where the decoder does too.
    this.#converter.convert(this.#frame)
  }

  push(header: RtpHeader, packet: Uint8Array, nowMs: number): void {
    const { sequence, payloadOffset, payloadLength } = header
    // Signed, modulo 2^32: larger numbers would be allocated when passed on.
    const timestamp = header.timestamp | 0
    this.#jitter.push(sequence, timestamp, packet, payloadOffset, payloadLength, nowMs)
  }

  /** A packet of the same stream that is no audio. */
  pushOther(sequence: number): void {
    this.#jitter.pushOther(sequence)
  }

  /** Moves on by a tick that nobody wants to hear. */
  pass(nowMs: number): void {
    for (let n = 0; n < MOST_PULLS && this.#aheadUnits < this.#tickUnits; n++) {
      this.#jitter.pull(this.#payload, nowMs, this.#aheadUnits)
      this.#aheadUnits += this.#jitter.playSamples
    }
    this.#aheadUnits = Math.max(0, this.#aheadUnits - this.#tickUnits)
  }

  /** Moves on by a tick, decoded or concealed into `heard` at the leg's rate. */
  hear(heard: Int16Array, nowMs: number): void {
    for (let n = 0; n < MOST_PULLS && this.#aheadUnits < this.#tickUnits; n++) {
      const pulled = this.#jitter.pull(this.#payload, nowMs, this.#aheadUnits)
      const units = this.#jitter.playSamples
      this.#decode(pulled, this.#samples(this.#aheadUnits), this.#samples(units))
      this.#aheadUnits += units
    }
    heard.set(this.#converter.convert(this.#frame))
    if (this.#rises)
      for (let i = 0; i < heard.length; i++) heard[i] = (heard[i]! * i) / heard.length
    this.#rises = false
    const ahead = Math.max(0, this.#aheadUnits - this.#tickUnits)
    if (ahead > 0) {
      const samples = this.#frame.length
      this.#queue.copyWithin(0, samples, samples + this.#samples(ahead))
    }
    this.#aheadUnits = ahead
  }

  #samples(units: number): number {
    return Math.floor((units * this.#decoder.rateHz) / this.kind.clockHz)
  }

  /** Puts what was pulled at its place in the queue. */
  #decode(pulled: number, at: number, samples: number): void {
    const to = at === 0 ? this.#queue : this.#decoded
    let written = samples
    if (pulled > 0) written = this.#decoder.decode(this.#payload, 0, pulled, to)
    else if (pulled === 0) this.#conceal(to)
    else this.#decoder.pause(to)
    const end = Math.min(at + samples, this.#queue.length)
    if (at > 0) for (let i = at; i < end; i++) this.#queue[i] = to[i - at]!
    if (at + written < end) this.#queue.fill(0, at + written, end)
  }

  #conceal(to: Int16Array): void {
    const bytes = this.#jitter.peekNext(this.#next)
    this.#decoder.conceal(to, bytes > 0 ? this.#next : undefined, 0, bytes)
  }

  /** Nobody has listened for a while: the decoder knows nothing of what comes next. */
  joinLate(): void {
    this.#decoder.reset()
    this.#queue.fill(0)
    this.#rises = true
  }

  /** Forgets what is on its way. */
  reset(): void {
    this.#jitter.reset()
    this.#decoder.reset()
    this.#aheadUnits = 0
  }

  close(): void {
    this.#decoder.close()
  }
}
