import { clip16 } from '../../dsp/clip.ts'
import type { Decoder } from '../../dsp/codec.ts'
import { ComfortNoise } from '../../dsp/comfort-noise.ts'
import type { JitterBuffer, JitterCounters } from '../../dsp/jitter-buffer.ts'
import type { RtpHeader } from '../../dsp/rtp.ts'
import { TimeStretch } from '../../dsp/time-stretch.ts'
import { type CodecKind, frameSamples, type PcmRateHz } from './codec.ts'
import { FrameConverter } from './frame-converter.ts'

const MOST_PAYLOAD_BYTES = 1500
/** The longest packet there is (Opus), in ticks; the rest of a tick may wait before it; and it may be stretched. */
const MOST_TICKS = 8
/** The shortest packet is an eighth of a tick; and packets may be shortened. */
const MOST_PULLS = 16
/** Pulls between two stretches, while the delay is not far off. */
const STRETCH_PAUSE = 4
/** From so many ticks too much on it is shortened as fast as can be; and lengthened from one too little on. */
const HURRY_TICKS = 3
const HURRY_TICKS_SHORT = 1
const DELAY_RATE_HZ = 8000
/** Overlap of what was heard and what comes from elsewhere in the stream. */
const JOINS_A_SECOND = 100

/** The part of a received stream that is of one codec: jitter buffer, decoder, and the way to the leg's rate. */
export class ReceivedStream {
  readonly kind: CodecKind
  readonly #loudnessDb = Float64Array.of(Number.NaN)
  readonly #jitter: JitterBuffer
  readonly #payload = new Uint8Array(MOST_PAYLOAD_BYTES)
  readonly #next = new Uint8Array(MOST_PAYLOAD_BYTES)
  #decoder: Decoder
  /** What was decoded and is not played, at the decoder's rate: its first `#ahead` samples. */
  #queue: Int16Array
  #ahead = 0
  #decoded: Int16Array
  /** The first 20 ms of the queue. */
  #frame: Int16Array
  /** From the rate of the decoder to that of the leg. */
  #converter: FrameConverter
  #stretch: TimeStretch
  /** Pulls until the next stretch. */
  #stretchPause = 0
  #noise: ComfortNoise
  /** The sender says comfort noise instead of silence. */
  #saysNoise = false
  /** The decoder has just begun in the middle of the stream, and finds itself while its sound rises. */
  #rises = false
  /** What would have come, where the stream jumps. */
  #joint: Int16Array
  /** Something was heard at the last tick. */
  #sounds = false
  /** How a stream that was broken off fades, at the leg's rate; to be added to the next tick. */
  #tail: Int16Array
  #hasTail = false
  #delay = -1

  constructor(kind: CodecKind, rateHz: PcmRateHz) {
    this.kind = kind
    this.#jitter = kind.newJitterBuffer()
    this.#decoder = kind.newDecoder(kind.codingRateHz(rateHz))
    const samples = frameSamples(this.#decoder.rateHz)
    this.#queue = new Int16Array(MOST_TICKS * samples)
    this.#decoded = new Int16Array(MOST_TICKS * samples)
    this.#frame = this.#queue.subarray(0, samples)
    this.#joint = new Int16Array(samples)
    this.#stretch = new TimeStretch(this.#decoder.rateHz)
    this.#noise = new ComfortNoise(this.#decoder.rateHz)
    this.#converter = new FrameConverter(this.#decoder.rateHz, rateHz)
    this.#tail = new Int16Array(frameSamples(rateHz))
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
      this.#ahead = 0
      this.#joint = new Int16Array(samples)
      this.#stretch = new TimeStretch(codingRateHz)
      this.#noise = new ComfortNoise(codingRateHz)
    }
    this.#converter = new FrameConverter(codingRateHz, rateHz)
    // So that it goes on from what was heard last, where the decoder does too.
    this.#converter.convert(this.#frame)
    this.#tail = new Int16Array(frameSamples(rateHz))
    this.#hasTail = false
  }

  /**
   * Loudness of the newest packet in dBFS (0: a full-scale square wave), told without decoding it: by what the sender
   * says of it, the bytes of G.711, or Opus that says that there is no voice. -127 is silence, NaN not to be told.
   */
  get loudnessDb(): number {
    return this.#loudnessDb[0]!
  }

  tellLoudness(column: Float64Array, slot: number): void {
    column[slot] = this.#loudnessDb[0]!
  }

  /** `level`: as the sender tells it (RFC 6464), 0 to 127 dB below the loudest; -1 when it does not. */
  push(header: RtpHeader, packet: Uint8Array, nowMs: number, level = -1): void {
    const { sequence, payloadOffset, payloadLength } = header
    if (level >= 0) this.#loudnessDb[0] = -level
    else this.kind.measure(packet, payloadOffset, payloadLength, this.#loudnessDb)
    // Signed, modulo 2^32: larger numbers would be allocated when passed on.
    const timestamp = header.timestamp | 0
    this.#jitter.push(sequence, timestamp, packet, payloadOffset, payloadLength, nowMs)
  }

  /** A packet of the same stream that is no audio. */
  pushOther(sequence: number): void {
    this.#jitter.pushOther(sequence)
  }

  /** The sender is silent from now on, but for noise (RFC 3389). */
  pushNoise(header: RtpHeader, packet: Uint8Array): void {
    this.#saysNoise = true
    this.#noise.take(packet, header.payloadOffset, header.payloadLength)
    this.#jitter.pushOther(header.sequence, true)
  }

  /** Moves on by a tick that nobody wants to hear. */
  pass(nowMs: number): void {
    const tick = this.#frame.length
    for (let n = 0; n < MOST_PULLS && this.#ahead < tick; n++) {
      this.#jitter.pull(this.#payload, nowMs, this.#units(this.#ahead))
      this.#ahead += this.#samples(this.#jitter.playSamples)
    }
    this.#ahead = Math.max(0, this.#ahead - tick)
    this.#sounds = false
    this.#delay = -1
  }

  /** Moves on by a tick, decoded or concealed into `heard` at the leg's rate. */
  hear(heard: Int16Array, nowMs: number): void {
    const tick = this.#frame.length
    for (let n = 0; n < MOST_PULLS && this.#ahead < tick; n++) {
      this.#append(this.#jitter.pull(this.#payload, nowMs, this.#units(this.#ahead), true))
    }
    this.#delay = this.#delayOf(nowMs)
    heard.set(this.#converter.convert(this.#frame))
    if (this.#hasTail) this.#addTail(heard)
    const ahead = Math.max(0, this.#ahead - tick)
    if (ahead > 0) this.#queue.copyWithin(0, tick, tick + ahead)
    this.#ahead = ahead
    this.#sounds = true
  }

  /** Of what was heard last, in samples at 8 kHz: how much later than it could be at the soonest; -1: not known. */
  get delay(): number {
    return this.#delay
  }

  #delayOf(nowMs: number): number {
    const units = this.#jitter.delayOf(nowMs, this.#units(this.#ahead))
    return units < 0 ? -1 : Math.round((units * DELAY_RATE_HZ) / this.kind.clockHz)
  }

  #samples(units: number): number {
    return Math.floor((units * this.#decoder.rateHz) / this.kind.clockHz)
  }

  #units(samples: number): number {
    return Math.floor((samples * this.kind.clockHz) / this.#decoder.rateHz)
  }

  /** Puts what was pulled at the end of the queue. */
  #append(pulled: number): void {
    const at = this.#ahead
    const to = at === 0 ? this.#queue : this.#decoded
    let samples = this.#samples(this.#jitter.playSamples)
    if (pulled > 0) samples = this.#play(pulled, to, samples)
    else if (pulled === 0) this.#conceal(to, samples)
    else this.#pause(to, samples)
    samples = Math.min(samples, this.#queue.length - at)
    if (at > 0) for (let i = 0; i < samples; i++) this.#queue[at + i] = to[i]!
    this.#ahead = at + samples
  }

  /** Decodes to `to`, and stretches where it is time to; returns the samples there. */
  #play(bytes: number, to: Int16Array, samples: number): number {
    const { jumped, wishSamples } = this.#jitter
    if (jumped) this.#decoder.conceal(this.#joint, undefined, 0, 0)
    const written = Math.min(samples, this.#decoder.decode(this.#payload, 0, bytes, to))
    if (written < samples) to.fill(0, written, samples)
    if (jumped) this.#join(to, samples)
    if (this.#rises) this.#rise(to, samples)
    if (wishSamples === 0) return samples
    return samples + this.#stretchBy(to, samples, wishSamples)
  }

  /** Crosses over from what would have been heard next to what comes instead. */
  #join(to: Int16Array, samples: number): void {
    const count = Math.min(samples, this.#decoder.rateHz / JOINS_A_SECOND)
    for (let i = 0; i < count; i++) {
      const before = this.#joint[i]!
      to[i] = before + ((to[i]! - before) * (i + 1)) / (count + 1)
    }
  }

  #rise(to: Int16Array, samples: number): void {
    const count = Math.min(samples, this.#frame.length)
    for (let i = 0; i < count; i++) to[i] = (to[i]! * i) / count
    this.#rises = false
  }

  /** @returns samples that were put in, or below 0 taken out */
  #stretchBy(to: Int16Array, samples: number, wishUnits: number): number {
    const wish = this.#samples(Math.abs(wishUnits))
    const hurryTicks = wishUnits > 0 ? HURRY_TICKS : HURRY_TICKS_SHORT
    const inHurry = wish >= hurryTicks * this.#frame.length
    this.#stretchPause -= 1
    if (this.#stretchPause > 0 && !inHurry) return 0
    const changed =
      wishUnits > 0
        ? -this.#stretch.shorten(to, samples, wish, inHurry)
        : this.#stretch.lengthen(to, samples, inHurry)
    if (changed === 0) return 0
    this.#stretchPause = STRETCH_PAUSE
    this.#jitter.stretched(this.#units(changed))
    return changed
  }

  #conceal(to: Int16Array, samples: number): void {
    const bytes = this.#jitter.peekNext(this.#next)
    this.#decoder.conceal(to, bytes > 0 ? this.#next : undefined, 0, bytes, samples)
  }

  #pause(to: Int16Array, samples: number): void {
    this.#decoder.pause(to, samples)
    if (this.#saysNoise) this.#noise.add(to, samples)
  }

  /** What was heard last fades, as no more of it comes. */
  #keepTail(): void {
    const tick = this.#frame.length
    if (this.#ahead < tick) {
      this.#decoder.conceal(this.#decoded, undefined, 0, 0)
      for (let i = this.#ahead; i < tick; i++) this.#frame[i] = this.#decoded[i - this.#ahead]!
    }
    for (let i = 0; i < tick; i++) this.#frame[i] = (this.#frame[i]! * (tick - i)) / (tick + 1)
    this.#tail.set(this.#converter.convert(this.#frame))
    this.#hasTail = true
  }

  #addTail(heard: Int16Array): void {
    const tail = this.#tail
    for (let i = 0; i < heard.length; i++) heard[i] = clip16(heard[i]! + tail[i]!)
    this.#hasTail = false
  }

  /** This stream goes on where another one of the same leg was broken off. */
  follow(other: ReceivedStream): void {
    this.#saysNoise = other.#saysNoise
    this.#rises = true
    if (!other.#hasTail) return
    other.#hasTail = false
    this.#tail.set(other.#tail)
    this.#hasTail = true
  }

  /** Nobody has listened for a while: the decoder knows nothing of what comes next. */
  joinLate(): void {
    this.#decoder.reset()
    this.#queue.fill(0)
    this.#converter.convert(this.#frame)
    this.#rises = true
    this.#hasTail = false
  }

  /** Forgets what is on its way. */
  reset(): void {
    if (this.#sounds) this.#keepTail()
    this.#sounds = false
    this.#jitter.reset()
    this.#decoder.reset()
    this.#noise.reset()
    this.#rises = true
    this.#ahead = 0
  }

  close(): void {
    this.#decoder.close()
  }
}
