import type { Encoder } from '../../dsp/codec.ts'
import type { CodecKind, PcmRateHz } from './codec.ts'
import { FrameConverter } from './frame-converter.ts'

/** From a leg's PCM to payloads of a codec. Made outside of the tick. */
export class Encoding {
  readonly kind: CodecKind
  readonly rateHz: PcmRateHz
  readonly #converter: FrameConverter
  readonly #encoder: Encoder

  constructor(kind: CodecKind, rateHz: PcmRateHz) {
    const codingRateHz = kind.codingRateHz(rateHz)
    this.kind = kind
    this.rateHz = rateHz
    this.#converter = new FrameConverter(rateHz, codingRateHz)
    this.#encoder = kind.newEncoder(codingRateHz)
  }

  /** @returns bytes written to `out` from `at` on; 0 when nothing needs to be sent. */
  encode(pcm: Int16Array, out: Uint8Array, at: number): number {
    return this.#encoder.encode(this.#converter.convert(pcm), out, at)
  }

  close(): void {
    this.#encoder.close()
  }
}
