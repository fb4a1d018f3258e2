import { type Decoder, differs, type Encoder, type PcmRateHz } from './codec.ts'
import { Concealer } from './conceal.ts'
import { decodeAlaw, decodeUlaw, encodeAlaw, encodeUlaw } from './g711.ts'

const RATE_HZ = 8000
const FRAME_SAMPLES = RATE_HZ / 50

class G711Encoder implements Encoder {
  readonly rateHz: PcmRateHz = RATE_HZ
  readonly #encode: typeof encodeUlaw

  constructor(encode: typeof encodeUlaw) {
    this.#encode = encode
  }

  encode(pcm: Int16Array, out: Uint8Array, at: number): number {
    this.#encode(pcm, 0, FRAME_SAMPLES, out, at)
    return FRAME_SAMPLES
  }

  copyFrom(other: Encoder): void {
    if (!(other instanceof G711Encoder) || other.#encode !== this.#encode) throw differs()
  }

  close(): void {
    // Holds nothing.
  }
}

class G711Decoder implements Decoder {
  readonly rateHz: PcmRateHz = RATE_HZ
  readonly #decode: typeof decodeUlaw
  readonly #concealer = new Concealer(RATE_HZ)

  constructor(decode: typeof decodeUlaw) {
    this.#decode = decode
  }

  decode(payload: Uint8Array, at: number, bytes: number, pcm: Int16Array): number {
    const fitting = Math.min(bytes, payload.length - at, pcm.length)
    if (fitting <= 0) return 0
    this.#decode(payload, at, fitting, pcm, 0)
    this.#concealer.good(pcm, 0, fitting)
    return fitting
  }

  conceal(
    pcm: Int16Array,
    _next?: Uint8Array,
    _at?: number,
    _bytes?: number,
    samples = FRAME_SAMPLES,
  ): void {
    this.#concealer.conceal(pcm, 0, samples)
  }

  pause(pcm: Int16Array, samples = FRAME_SAMPLES): void {
    this.#concealer.pause(pcm, 0, samples)
  }

  reset(): void {
    this.#concealer.reset()
  }

  close(): void {
    // Holds nothing but its own memory.
  }
}

/** PCMU in the shape that all codecs have; 160 bytes a frame. */
export const newUlawEncoder = (): Encoder => new G711Encoder(encodeUlaw)
export const newUlawDecoder = (): Decoder => new G711Decoder(decodeUlaw)
/** PCMA. */
export const newAlawEncoder = (): Encoder => new G711Encoder(encodeAlaw)
export const newAlawDecoder = (): Decoder => new G711Decoder(decodeAlaw)
