import { clip16 } from './clip.ts'

/** The gain has come down this long before a peak, so that it bends and does not break. */
const LOOK_AHEAD_MS = 5
/** And comes up again as slowly, so that it does not pump with every wave. */
const RELEASE_MS = 80

/**
 * A gain whose output never goes beyond a ceiling: before each peak that would, the gain is brought down in 5 ms and
 * let up again in some 80. Block by block; the output lags the input by `delaySamples`.
 */
export class PeakLimiter {
  readonly delaySamples: number
  readonly #factor: number
  readonly #ceiling: number
  readonly #release: number
  /** The newest `delaySamples + 1` samples, amplified; the reductions they need; and the held ones, to be averaged. */
  readonly #waiting: Float64Array
  readonly #needed: Float64Array
  readonly #held: Float64Array
  #heldSum: number
  #at = 0
  #hold = 1
  /** The least of `#needed`, and after how many samples it has left the window. */
  #least = 1
  #leastLeaves = 0

  /** `ceiling`: the largest magnitude that comes out, in units of 16-bit samples. */
  constructor(factor: number, ceiling: number, rateHz: number) {
    const window = Math.max(2, Math.round((rateHz * LOOK_AHEAD_MS) / 1000))
    this.delaySamples = window - 1
    this.#factor = factor
    this.#ceiling = ceiling
    this.#release = 1 - Math.exp(-1000 / (RELEASE_MS * rateHz))
    this.#waiting = new Float64Array(window)
    this.#needed = new Float64Array(window).fill(1)
    this.#held = new Float64Array(window).fill(1)
    this.#heldSum = window
  }

  /** `input` and `out` may be the same. */
  process(input: Int16Array, inOffset: number, count: number, out: Int16Array, outOffset: number) {
    for (let i = 0; i < count; i++) out[outOffset + i] = this.#next(input[inOffset + i]!)
  }

  #next(sample: number): number {
    const window = this.#waiting.length
    const at = this.#at
    const amplified = sample * this.#factor
    const magnitude = Math.abs(amplified)
    const needed = magnitude > this.#ceiling ? this.#ceiling / magnitude : 1
    this.#waiting[at] = amplified
    this.#needed[at] = needed
    this.#followLeast(needed)
    this.#hold = Math.min(this.#least, this.#hold + (1 - this.#hold) * this.#release)
    this.#heldSum += this.#hold - this.#held[at]!
    this.#held[at] = this.#hold
    this.#at = (at + 1) % window
    // The mean of a window in which all are low enough for the sample that leaves it.
    const gain = Math.min(1, this.#heldSum / window)
    return clip16(this.#waiting[this.#at]! * gain)
  }

  #followLeast(newest: number): void {
    this.#leastLeaves -= 1
    if (newest <= this.#least) {
      this.#least = newest
      this.#leastLeaves = this.#needed.length
    } else if (this.#leastLeaves <= 0) this.#findLeast()
  }

  #findLeast(): void {
    const window = this.#needed.length
    this.#least = 1
    for (let age = window - 1; age >= 0; age--) {
      const needed = this.#needed[(this.#at - age + window) % window]!
      if (needed > this.#least) continue
      this.#least = needed
      this.#leastLeaves = window - age
    }
  }
}

/** The same for a whole sound, not delayed: a new array. */
export function limitPeaks(
  pcm: Int16Array,
  factor: number,
  ceiling: number,
  rateHz: number,
): Int16Array {
  const limiter = new PeakLimiter(factor, ceiling, rateHz)
  const { delaySamples } = limiter
  const out = new Int16Array(pcm.length + delaySamples)
  limiter.process(pcm, 0, pcm.length, out, 0)
  limiter.process(new Int16Array(delaySamples), 0, delaySamples, out, pcm.length)
  return out.slice(delaySamples)
}
