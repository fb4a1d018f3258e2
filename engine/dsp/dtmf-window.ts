import {
  DELAY_STEPS,
  type DtmfBands,
  HIGH_CENTRE_HZ,
  LOW_CENTRE_HZ,
  powerAtHz,
  STEP_SAMPLES,
} from './dtmf-bands.ts'
import { DtmfGroup, FREQUENCY_HZ, type Likeness, MEAN, NEWEST, WINDOW_STEPS } from './dtmf-group.ts'
import { DTMF_HIGH_HZ, DTMF_KEYS, DTMF_LOW_HZ } from './tones.ts'

const LAST = 2 * WINDOW_STEPS - 1
const NONE = -1

/** Of the amplitude of the weaker tone: -43 dBm0, where a full-scale sine is +3.14. */
export const LEAST_SQUARE = (32_768 * 10 ** ((-43 - 3.14) / 20)) ** 2
/** By how much the high tone may be stronger, and weaker, than the low one: +5 and -9 dB. */
const MOST_TWIST = 10 ** (5 / 10)
const LEAST_TWIST = 10 ** (-9 / 10)
/** Of the square of an amplitude, what is left of it in a band at least. */
const LEAST_GAIN = 1 / 16

/** The last 20 ms of sound, and how much they are like a key's tones. After construction nothing is allocated. */
export class DtmfWindow {
  readonly low = new DtmfGroup(LOW_CENTRE_HZ, DTMF_LOW_HZ)
  readonly high = new DtmfGroup(HIGH_CENTRE_HZ, DTMF_HIGH_HZ)
  /** Mean square of the samples of the newest step, and of those measured. */
  readonly square = new Float64Array(2)
  /** Ring of the mean squares of steps; the newest are ahead of the groups. */
  readonly #squares = new Float64Array(2 * WINDOW_STEPS)
  /** Of the newest step of the groups. */
  #at = 0

  /** Takes step `n` of the bands. */
  push({ lowRe, lowIm, highRe, highIm, energy }: DtmfBands, n: number): void {
    this.#at = (this.#at + 1) & LAST
    this.#squares[(this.#at + DELAY_STEPS) & LAST] = energy[n]! / STEP_SAMPLES
    this.square[NEWEST] = this.#squares[this.#at]!
    this.low.push(lowRe, lowIm, n)
    this.high.push(highRe, highIm, n)
  }

  /** The key of which the newest steps are, as an index of `DTMF_KEYS`; -1 for none. */
  key(like: Likeness): number {
    const { low, high } = this
    if (!this.#mayBe(like) || !low.measureTone(like) || !high.measureTone(like)) return NONE
    const row = low.nearest(like)
    const column = high.nearest(like)
    if (row < 0 || column < 0 || !this.#isBalanced(like)) return NONE
    return row * DTMF_HIGH_HZ.length + column
  }

  /** Cheap: what speech and silence fail. */
  #mayBe({ steps, share }: Likeness): boolean {
    this.low.measurePower(steps)
    this.high.measurePower(steps)
    const low = this.low.figures[MEAN]!
    const high = this.high.figures[MEAN]!
    if (low < LEAST_GAIN * LEAST_SQUARE || high < LEAST_GAIN * LEAST_SQUARE) return false
    let sum = 0
    for (let n = 0; n < steps; n++) sum += this.#squares[(this.#at - n) & LAST]!
    this.square[MEAN] = sum / steps
    return low + high >= LEAST_GAIN * 2 * share * this.square[MEAN]
  }

  /** By amplitudes, without the loss of the filters. */
  #isBalanced({ share }: Likeness): boolean {
    const { low, high } = this
    const lowSquare = low.figures[MEAN]! / powerAtHz[Math.round(low.figures[FREQUENCY_HZ]!)]!
    const highSquare = high.figures[MEAN]! / powerAtHz[Math.round(high.figures[FREQUENCY_HZ]!)]!
    if (lowSquare < LEAST_SQUARE || highSquare < LEAST_SQUARE) return false
    if (highSquare > lowSquare * MOST_TWIST || highSquare < lowSquare * LEAST_TWIST) return false
    return lowSquare + highSquare >= 2 * share * this.square[MEAN]!
  }

  reset(): void {
    this.low.reset()
    this.high.reset()
    this.square.fill(0)
    this.#squares.fill(0)
  }
}

/** The key of an index that `key` gives. */
export const keyAt = (index: number): string => DTMF_KEYS.charAt(index)
