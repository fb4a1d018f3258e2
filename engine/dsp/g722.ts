import { type Decoder, differs, type Encoder, type PcmRateHz } from './codec.ts'
import { Concealer } from './conceal.ts'
import { limit16 } from './g722-band.ts'
import { G722Bands } from './g722-bands.ts'

/**
 * ITU-T G.722 at 64 kbit/s (mode 1): 16 kHz PCM, a byte for two samples; its RTP clock is 8,000 Hz all
 * the same (RFC 3551 section 4.5.2). Bit-exact with libspandsp 0.0.6 both ways, but for what goes beyond
 * 16 bits: there libspandsp wraps, this clamps. Both ways together delay by 22 samples.
 */
const RATE_HZ = 16000
const FRAME_SAMPLES = RATE_HZ / 50
/** Filter that splits and joins the bands: 24 taps, symmetrical; every second one (table 4). */
const TAPS = Int32Array.of(3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11)
const PAIRS = TAPS.length
/** Samples of the past that the filter needs: all taps but the newest pair. */
const PAST = 2 * PAIRS - 2

/** Splits PCM into two bands of half the rate and encodes them. */
class Analysis {
  readonly #line = new Int32Array(PAST + FRAME_SAMPLES)

  /** Encodes an even number of samples, at most a frame, from `from` on; `out` undefined: only adapts. */
  encode(
    bands: G722Bands,
    pcm: Int16Array,
    from: number,
    samples: number,
    out: Uint8Array | undefined,
    at: number,
  ): void {
    const line = this.#line
    for (let i = 0; i < samples; i++) line[PAST + i] = pcm[from + i]!
    for (let i = 0; i < samples; i += 2) {
      let odd = 0
      let even = 0
      for (let k = 0; k < PAIRS; k++) {
        odd += line[i + 2 * k]! * TAPS[k]!
        even += line[i + 2 * k + 1]! * TAPS[PAIRS - 1 - k]!
      }
      // 12 bits for the gain of the filter, one for the sum of two, one for 15-bit bands.
      const code = bands.encode((even + odd) >> 14, (even - odd) >> 14)
      if (out !== undefined) out[at + (i >> 1)] = code
    }
    line.copyWithin(0, samples, samples + PAST)
  }

  /** The end of PCM that came from elsewhere is the past of what is encoded next. */
  remember(pcm: Int16Array, samples: number): void {
    for (let i = 0; i < PAST; i++) this.#line[i] = pcm[Math.max(0, samples - PAST + i)]!
  }

  copyFrom(other: Analysis): void {
    this.#line.set(other.#line)
  }

  reset(): void {
    this.#line.fill(0)
  }
}

/** Decodes the bands and joins them to PCM. */
class Synthesis {
  readonly #line = new Int32Array(PAST + FRAME_SAMPLES)

  /** Decodes at most half a frame's samples in bytes; writes two samples for each. */
  decode(
    bands: G722Bands,
    payload: Uint8Array,
    at: number,
    bytes: number,
    pcm: Int16Array,
    to: number,
  ): void {
    const line = this.#line
    for (let n = 0; n < bytes; n++) {
      const i = 2 * n
      bands.decode(payload[at + n]!)
      line[PAST + i] = bands.low + bands.high
      line[PAST + i + 1] = bands.low - bands.high
      let even = 0
      let odd = 0
      for (let k = 0; k < PAIRS; k++) {
        even += line[i + 2 * k]! * TAPS[k]!
        odd += line[i + 2 * k + 1]! * TAPS[PAIRS - 1 - k]!
      }
      pcm[to + i] = limit16(odd >> 11)
      pcm[to + i + 1] = limit16(even >> 11)
    }
    line.copyWithin(0, 2 * bytes, 2 * bytes + PAST)
  }

  reset(): void {
    this.#line.fill(0)
  }
}

class G722Encoder implements Encoder {
  readonly rateHz: PcmRateHz = RATE_HZ
  readonly #bands = new G722Bands()
  readonly #analysis = new Analysis()

  encode(pcm: Int16Array, out: Uint8Array, at: number): number {
    this.#analysis.encode(this.#bands, pcm, 0, FRAME_SAMPLES, out, at)
    return FRAME_SAMPLES / 2
  }

  copyFrom(other: Encoder): void {
    if (!(other instanceof G722Encoder)) throw differs()
    this.#bands.copyFrom(other.#bands)
    this.#analysis.copyFrom(other.#analysis)
  }

  close(): void {
    // Holds nothing but its own memory.
  }
}

class G722Decoder implements Decoder {
  readonly rateHz: PcmRateHz = RATE_HZ
  readonly #bands = new G722Bands()
  readonly #synthesis = new Synthesis()
  readonly #concealer = new Concealer(RATE_HZ)
  readonly #analysis = new Analysis()

  decode(payload: Uint8Array, at: number, bytes: number, pcm: Int16Array): number {
    const fitting = Math.min(bytes, payload.length - at, pcm.length >> 1)
    if (fitting <= 0) return 0
    for (let done = 0; done < fitting; done += FRAME_SAMPLES / 2) {
      const count = Math.min(FRAME_SAMPLES / 2, fitting - done)
      this.#synthesis.decode(this.#bands, payload, at + done, count, pcm, 2 * done)
    }
    this.#concealer.good(pcm, 0, 2 * fitting)
    this.#analysis.remember(pcm, 2 * fitting)
    return 2 * fitting
  }

  conceal(
    pcm: Int16Array,
    _next?: Uint8Array,
    _at?: number,
    _bytes?: number,
    samples = FRAME_SAMPLES,
  ): void {
    this.#concealer.conceal(pcm, 0, samples)
    // The bands follow what was heard: they are then nearer to the sender's when it goes on.
    this.#analysis.encode(this.#bands, pcm, 0, samples & ~1, undefined, 0)
  }

  pause(pcm: Int16Array, samples = FRAME_SAMPLES): void {
    this.#concealer.pause(pcm, 0, samples)
  }

  reset(): void {
    this.#bands.reset()
    this.#synthesis.reset()
    this.#analysis.reset()
    this.#concealer.reset()
  }

  close(): void {
    // Holds nothing but its own memory.
  }
}

/** An encoder of its own for one stream; 160 bytes a frame. */
export function newG722Encoder(): Encoder {
  return new G722Encoder()
}

/** A decoder of its own for one stream. Payloads of any length; `pcm` must hold two samples a byte. */
export function newG722Decoder(): Decoder {
  return new G722Decoder()
}
