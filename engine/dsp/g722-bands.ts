import { type BandShape, G722Band, limit16 } from './g722-band.ts'

const LOW: BandShape = { firstStep: 32, largestLogStep: 18432, stepOffset: 8 }
const HIGH: BandShape = { firstStep: 8, largestLogStep: 22528, stepOffset: 10 }

/** Decision levels of the low band's 60 codes, a half of them (table 5). */
const LOW_LEVELS = Int32Array.of(
  ...[0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940],
  ...[1023, 1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919],
)
/** Output of the low band's 6 bits (table 7), and of the 4 bits that the predictor goes by. */
const LOW_OUTPUT_6 = Int32Array.of(
  ...[-136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192],
  ...[-10232, -9360, -8576, -7856, -7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168],
  ...[-2776, -2400, -2032, -1688, -1360, -1040, -728, 24808, 21904, 19008, 16704, 14984, 13512],
  ...[12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456, 4944, 4464, 4008, 3576, 3168],
  ...[2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136],
)
const LOW_OUTPUT_4 = Int32Array.of(
  ...[0, -20456, -12896, -8968, -6288, -4240, -2584, -1200],
  ...[20456, 12896, 8968, 6288, 4240, 2584, 1200, 0],
)
/** What the 4 bits do to the logarithm of the step size (tables 9 and 10 in one). */
const LOW_CHANGES = Int32Array.of(
  ...[-60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60],
)
const HIGH_LEVEL = 564
const HIGH_OUTPUT = Int32Array.of(-7408, -1616, 7408, 1616)
const HIGH_CHANGES = Int32Array.of(798, -214, 798, -214)
/** Reconstructed samples keep to 15 bits (LIMIT). */
const LARGEST = 16383
const SMALLEST = -16384

/** Both bands of G.722 at 64 kbit/s: six bits for the low one, two for the high one. */
export class G722Bands {
  /** The samples of the code decoded last, 15 bits each. */
  low = 0
  high = 0
  readonly #low = new G722Band(LOW)
  readonly #high = new G722Band(HIGH)

  reset(): void {
    this.#low.reset()
    this.#high.reset()
  }

  copyFrom(other: G722Bands): void {
    this.#low.copyFrom(other.#low)
    this.#high.copyFrom(other.#high)
  }

  /** The code of a sample of each band; moves the bands on as the decoder of the code will. */
  encode(low: number, high: number): number {
    const lowCode = this.#quantiseLow(limit16(low - this.#low.predicted))
    const highCode = this.#quantiseHigh(limit16(high - this.#high.predicted))
    this.#adapt(lowCode, highCode)
    return (highCode << 6) | lowCode
  }

  /** Decodes a code to `low` and `high`. */
  decode(code: number): void {
    const lowCode = code & 0x3f
    const highCode = code >> 6
    const low = this.#low.predicted + ((this.#low.step * LOW_OUTPUT_6[lowCode]!) >> 15)
    const high = this.#high.predicted + ((this.#high.step * HIGH_OUTPUT[highCode]!) >> 15)
    this.low = Math.max(SMALLEST, Math.min(LARGEST, low))
    this.high = Math.max(SMALLEST, Math.min(LARGEST, high))
    this.#adapt(lowCode, highCode)
  }

  #adapt(lowCode: number, highCode: number): void {
    const low = this.#low
    const high = this.#high
    const coarse = lowCode >> 2
    low.adapt((low.step * LOW_OUTPUT_4[coarse]!) >> 15, LOW_CHANGES[coarse]!)
    high.adapt((high.step * HIGH_OUTPUT[highCode]!) >> 15, HIGH_CHANGES[highCode]!)
  }

  /** Codes: 4 to 31 negative from the largest to the third smallest, 62 and 63; 32 to 61 positive. */
  #quantiseLow(difference: number): number {
    const step = this.#low.step
    const magnitude = difference < 0 ? ~difference : difference
    let level = 1
    while (level < LOW_LEVELS.length && magnitude >= (LOW_LEVELS[level]! * step) >> 12) level += 1
    if (difference >= 0) return 62 - level
    return level < 3 ? 64 - level : 34 - level
  }

  #quantiseHigh(difference: number): number {
    const magnitude = difference < 0 ? ~difference : difference
    const isLarge = magnitude >= (HIGH_LEVEL * this.#high.step) >> 12
    if (difference < 0) return isLarge ? 0 : 1
    return isLarge ? 2 : 3
  }
}
