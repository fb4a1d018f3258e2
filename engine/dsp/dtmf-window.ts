import { DELAY_STEPS, HIGH_CENTRE_HZ, LOW_CENTRE_HZ, STEP_SAMPLES } from './dtmf-bands.ts'
import { DtmfGroup, WINDOW_STEPS } from './dtmf-group.ts'
import { DTMF_HIGH_HZ, DTMF_KEYS, DTMF_LOW_HZ } from './tones.ts'

const LAST = WINDOW_STEPS - 1
const NONE = -1

/** How much like the two tones of a key sound must be. */
export interface Likeness {
  /** Over how many steps, 16 at most. */
  readonly steps: number
  /** Of the energy at all frequencies, the part that is in the two tones. */
  readonly share: number
  /** How steadily each of them turns: 1 is one tone alone. */
  readonly coherence: number
  /** The part of a tone's mean power that each step has. */
  readonly steadiness: number
  /** Of a tone's frequency. */
  readonly tolerance: number
}

/** Of the weaker tone: -43 dBm0, where a full-scale sine is +3.14. */
export const LEAST_AMPLITUDE = 32_768 * 10 ** ((-43 - 3.14) / 20)
/** By how much the high tone may be stronger, and weaker, than the low one: +5 and -9 dB. */
const MOST_TWIST = 10 ** (5 / 10)
const LEAST_TWIST = 10 ** (-9 / 10)
/** Of the square of an amplitude, what is left of it in a band at least. */
const LEAST_GAIN = 1 / 16

/** The last 20 ms of sound, and how much they are like a key's tones. After construction nothing is allocated. */
export class DtmfWindow {
  readonly #low = new DtmfGroup(LOW_CENTRE_HZ, DTMF_LOW_HZ)
  readonly #high = new DtmfGroup(HIGH_CENTRE_HZ, DTMF_HIGH_HZ)
  /** Ring of the mean squares of a step's samples; the newest are ahead of the groups. */
  readonly #squares = new Float64Array(2 * WINDOW_STEPS)
  /** Of the newest step of the groups. */
  #at = 0

  push(lowRe: number, lowIm: number, highRe: number, highIm: number, energy: number): void {
    this.#at = (this.#at + 1) & (2 * LAST + 1)
    this.#squares[(this.#at + DELAY_STEPS) & (2 * LAST + 1)] = energy / STEP_SAMPLES
    this.#low.push(lowRe, lowIm)
    this.#high.push(highRe, highIm)
  }

  get lowPower(): number {
    return this.#low.newestPower
  }

  get highPower(): number {
    return this.#high.newestPower
  }

  /** Mean square of the newest step. */
  get square(): number {
    return this.#squares[this.#at]!
  }

  /** Mean powers over the whole window. */
  get meanLowPower(): number {
    return this.#low.meanPower(WINDOW_STEPS)
  }

  get meanHighPower(): number {
    return this.#high.meanPower(WINDOW_STEPS)
  }

  /** The key of which the newest steps are, as an index of `DTMF_KEYS`; -1 for none. */
  key(like: Likeness): number {
    if (!this.#mayBe(like)) return NONE
    const { steps, steadiness, coherence, tolerance } = like
    const low = this.#low
    const high = this.#high
    if (!low.measure(steps, steadiness, coherence)) return NONE
    if (!high.measure(steps, steadiness, coherence)) return NONE
    const row = low.nearest(tolerance)
    const column = high.nearest(tolerance)
    if (row < 0 || column < 0) return NONE
    return this.#balanced(like) ? row * DTMF_HIGH_HZ.length + column : NONE
  }

  /** Cheap: what speech and silence fail. */
  #mayBe({ steps, share }: Likeness): boolean {
    const low = this.#low.meanPower(steps)
    const high = this.#high.meanPower(steps)
    if (Math.min(low, high) < LEAST_GAIN * LEAST_AMPLITUDE ** 2) return false
    return low + high >= LEAST_GAIN * 2 * share * this.#meanSquare(steps)
  }

  #balanced({ steps, share }: Likeness): boolean {
    const low = this.#low.amplitudeSquared
    const high = this.#high.amplitudeSquared
    if (Math.min(low, high) < LEAST_AMPLITUDE ** 2) return false
    if (high > low * MOST_TWIST || high < low * LEAST_TWIST) return false
    return low + high >= 2 * share * this.#meanSquare(steps)
  }

  #meanSquare(steps: number): number {
    let sum = 0
    for (let n = 0; n < steps; n++) sum += this.#squares[(this.#at - n) & (2 * LAST + 1)]!
    return sum / steps
  }

  reset(): void {
    this.#low.reset()
    this.#high.reset()
    this.#squares.fill(0)
  }
}

/** The key of an index that `key` gives. */
export const keyAt = (index: number): string => DTMF_KEYS.charAt(index)
