import { clip16 } from './clip.ts'
import { filterFor, type PolyphaseFilter } from './polyphase-filter.ts'

const CHUNK = 1024

/**
 * Streaming sample-rate converter: polyphase FIR with linear phase, 3 ms of delay at 8 kHz (24
 * samples of the lower rate; 38 where that is 16 kHz or more), alias and images below -85 dB, flat
 * within 0.1 dB up to 0.88 of the lower Nyquist frequency. Input in blocks of any size; after
 * construction it does not allocate.
 */
export class Resampler {
  readonly #filter: PolyphaseFilter
  readonly #work: Float32Array
  /** Samples of the past at the beginning of `#work`. */
  readonly #past: number
  /** Position of the next output: input samples past the newest one kept, and phase of the filter. */
  #index = 0
  #phase = 0

  /** @throws RangeError for rates that are not whole numbers from 1,000 to 384,000. */
  constructor(fromHz: number, toHz: number) {
    this.#filter = filterFor(fromHz, toHz)
    this.#past = this.#filter.taps - 1
    this.#work = new Float32Array(this.#past + CHUNK)
  }

  /** Time by which the output lags the input. */
  get delayMs(): number {
    return this.#filter.delayMs
  }

  /** Goes on where another one of the same rates is. */
  copyFrom(other: Resampler): void {
    this.#work.set(other.#work)
    this.#index = other.#index
    this.#phase = other.#phase
  }

  /** The most samples that `process` can write for `count` of input. */
  maxOutput(count: number): number {
    return Math.ceil((count * this.#filter.up) / this.#filter.down) + 1
  }

  /**
   * Converts `count` samples; `out` must have room for `maxOutput(count)` from `outOffset`.
   * @returns samples written: over time exactly count * toHz / fromHz.
   */
  process(
    input: Int16Array,
    inOffset: number,
    count: number,
    out: Int16Array,
    outOffset: number,
  ): number {
    if (this.#filter.taps === 1) return this.#copy(input, inOffset, count, out, outOffset)
    let written = 0
    for (let done = 0; done < count; done += CHUNK) {
      const part = Math.min(CHUNK, count - done)
      for (let i = 0; i < part; i++) this.#work[this.#past + i] = input[inOffset + done + i]!
      written += this.#render(part, out, outOffset + written)
    }
    return written
  }

  #copy(from: Int16Array, at: number, count: number, out: Int16Array, to: number): number {
    for (let i = 0; i < count; i++) out[to + i] = from[at + i]!
    return count
  }

  #render(count: number, out: Int16Array, outOffset: number): number {
    const { up, down, taps, coefficients } = this.#filter
    const work = this.#work
    let written = 0
    while (this.#index < count) {
      const row = this.#phase * taps
      const newest = this.#past + this.#index
      let sum = 0
      for (let k = 0; k < taps; k++) sum += coefficients[row + k]! * work[newest - k]!
      out[outOffset + written] = clip16(sum)
      written += 1
      this.#phase += down
      const whole = Math.floor(this.#phase / up)
      this.#index += whole
      this.#phase -= whole * up
    }
    this.#index -= count
    work.copyWithin(0, count, count + this.#past)
    return written
  }
}

/**
 * Converts a whole signal, aligned in time with the input.
 * @returns round(samples * toHz / fromHz) samples.
 */
export function resample(pcm: Int16Array, fromHz: number, toHz: number): Int16Array {
  if (fromHz === toHz) return pcm.slice()
  const resampler = new Resampler(fromHz, toHz)
  const skip = Math.round((resampler.delayMs * toHz) / 1000)
  const wanted = Math.round((pcm.length * toHz) / fromHz)
  const tail = new Int16Array(Math.ceil(((skip + 2) * fromHz) / toHz) + 1)
  const out = new Int16Array(resampler.maxOutput(pcm.length) + resampler.maxOutput(tail.length))
  const written = resampler.process(pcm, 0, pcm.length, out, 0)
  resampler.process(tail, 0, tail.length, out, written)
  return out.slice(skip, skip + wanted)
}
