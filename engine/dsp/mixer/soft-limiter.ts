import { clip16 } from '../clip.ts'

/** The gain is a line within each of these parts of a frame. */
const PARTS = 8
/** From an eighth back to all within some 200 ms. */
const RELEASE_A_PART = 1 / 80

/**
 * Brings a sum of many down to 16 bits: what fits passes exactly as it is, what does not is turned down smoothly
 * within 2.5 ms before it comes, and back up slowly. Works frame by frame without delay: only what is too loud from
 * the first sample of a frame on is clamped for 2.5 ms.
 */
export class SoftLimiter {
  /** The largest magnitude that is let out; 32,768: all. */
  ceiling = 32_768
  /** At the end of the last frame. */
  readonly #gain = Float64Array.of(1)
  /** What each part of the frame can bear. */
  readonly #bears = new Float64Array(PARTS + 1).fill(1)

  /** 1: nothing is turned down now. */
  get gain(): number {
    return this.#gain[0]!
  }

  /** Goes on as the other one would. */
  copyFrom(other: SoftLimiter): void {
    this.ceiling = other.ceiling
    this.#gain[0] = other.#gain[0]!
  }

  /** Limits the `samples` of `sum` to `out`; `samples` is a multiple of 8. */
  process(sum: Int32Array, samples: number, out: Int16Array): void {
    const most = this.#measure(sum, samples)
    if (most <= this.ceiling && this.#gain[0] === 1) {
      for (let i = 0; i < samples; i++) out[i] = sum[i]!
      return
    }
    const size = samples / PARTS
    for (let part = 0; part < PARTS; part++) this.#limit(sum, part, size, out)
  }

  #measure(sum: Int32Array, samples: number): number {
    const size = samples / PARTS
    let most = 0
    for (let part = 0; part < PARTS; part++) {
      let peak = 0
      for (let i = part * size; i < (part + 1) * size; i++) {
        const magnitude = Math.abs(sum[i]!)
        if (magnitude > peak) peak = magnitude
      }
      this.#bears[part] = peak > this.ceiling ? this.ceiling / peak : 1
      if (peak > most) most = peak
    }
    return most
  }

  #limit(sum: Int32Array, part: number, size: number, out: Int16Array): void {
    const from = this.#gain[0]!
    // The next part begins where this one ends.
    const bears = Math.min(this.#bears[part]!, this.#bears[part + 1]!)
    const to = Math.min(bears, from + RELEASE_A_PART)
    const first = part * size
    for (let i = 0; i < size; i++) {
      const gain = from + ((to - from) * (i + 1)) / size
      const limited = sum[first + i]! * gain
      out[first + i] = clip16(Math.min(this.ceiling, Math.max(-this.ceiling, limited)))
    }
    this.#gain[0] = to
  }
}
