import { Resampler } from '../../dsp/resampler.ts'
import { frameSamples, type PcmRateHz } from './codec.ts'

/** Converts a stream of 20 ms frames from one rate to another; after construction it does not allocate. */
export class RateConverter {
  readonly fromHz: number
  readonly toHz: number
  readonly #resampler: Resampler | undefined
  readonly #out: Int16Array
  readonly #frame: Int16Array

  constructor(fromHz: number, toHz: number) {
    this.fromHz = fromHz
    this.toHz = toHz
    const samples = frameSamples(toHz)
    this.#resampler = fromHz === toHz ? undefined : new Resampler(fromHz, toHz)
    this.#out = new Int16Array(this.#resampler?.maxOutput(frameSamples(fromHz)) ?? 0)
    this.#frame = this.#out.subarray(0, samples)
  }

  /** Goes on where another one of the same rates is. */
  copyFrom(other: RateConverter): void {
    if (this.#resampler && other.#resampler) this.#resampler.copyFrom(other.#resampler)
  }

  /** The same 20 ms at the other rate, lent until the next call; `pcm` itself when the rates are equal. */
  convert(pcm: Int16Array): Int16Array {
    const resampler = this.#resampler
    if (!resampler) return pcm
    resampler.process(pcm, 0, pcm.length, this.#out, 0)
    return this.#frame
  }
}

/** The same between rates of legs. */
export class FrameConverter extends RateConverter {
  declare readonly fromHz: PcmRateHz
  declare readonly toHz: PcmRateHz

  constructor(fromHz: PcmRateHz, toHz: PcmRateHz) {
    super(fromHz, toHz)
  }
}
