import { Resampler } from '../engine/dsp/resampler.ts'

/** A stream of samples at another rate, aligned with the input: the filter's delay is cut off in front, and made up for at the end. */
export class RateChange {
  readonly #fromHz: number
  readonly #toHz: number
  readonly #resampler: Resampler
  /** Of the filter's delay, still to be cut off. */
  #skip: number
  #taken = 0
  #given = 0

  constructor(fromHz: number, toHz: number) {
    this.#fromHz = fromHz
    this.#toHz = toHz
    this.#resampler = new Resampler(fromHz, toHz)
    this.#skip = Math.round((this.#resampler.delayMs * toHz) / 1000)
  }

  take(samples: Int16Array): Int16Array {
    this.#taken += samples.length
    return this.#convert(samples)
  }

  /** The rest, of the length that all of it is to have. */
  finish(): Int16Array {
    const wanted = Math.round((this.#taken * this.#toHz) / this.#fromHz) - this.#given
    const missing = ((this.#skip + wanted + 2) * this.#fromHz) / this.#toHz
    const tail = new Int16Array(Math.ceil(missing) + 1)
    return this.#convert(tail).subarray(0, Math.max(0, wanted))
  }

  #convert(samples: Int16Array): Int16Array {
    const out = new Int16Array(this.#resampler.maxOutput(samples.length) + 1)
    const written = this.#resampler.process(samples, 0, samples.length, out, 0)
    const cut = Math.min(this.#skip, written)
    this.#skip -= cut
    this.#given += written - cut
    return out.subarray(cut, written)
  }
}
