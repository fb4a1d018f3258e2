import { STEPS_PER_SECOND } from './dtmf-bands.ts'

/** 20 ms of steps. */
export const WINDOW_STEPS = 16
const LAST = WINDOW_STEPS - 1

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

/** Where in `DtmfGroup.figures`: power of the newest step, mean power of those measured, and their frequency in Hz. */
export const NEWEST = 0
export const MEAN = 1
export const FREQUENCY_HZ = 2

/**
 * The last 20 ms of the band of one group of DTMF frequencies. Powers are a quarter of the square of the amplitude,
 * less what the filters take. After construction nothing is allocated: fractions are handed over in arrays, because
 * those that a function takes or returns may end on the heap.
 */
export class DtmfGroup {
  readonly figures = new Float64Array(3)
  readonly #centreHz: number
  readonly #frequenciesHz: readonly number[]
  readonly #powers = new Float64Array(WINDOW_STEPS)
  /** Each step's value times that of the step before, conjugate: how far it turned. */
  readonly #turnsRe = new Float64Array(WINDOW_STEPS)
  readonly #turnsIm = new Float64Array(WINDOW_STEPS)
  /** Of the newest step. */
  #at = 0
  readonly #last = new Float64Array(2)

  constructor(centreHz: number, frequenciesHz: readonly number[]) {
    this.#centreHz = centreHz
    this.#frequenciesHz = frequenciesHz
  }

  /** Takes step `n` of a band. */
  push(res: Float64Array, ims: Float64Array, n: number): void {
    const at = (this.#at + 1) & LAST
    const re = res[n]!
    const im = ims[n]!
    const last = this.#last
    const power = re * re + im * im
    this.#at = at
    this.figures[NEWEST] = power
    this.#powers[at] = power
    this.#turnsRe[at] = re * last[0]! + im * last[1]!
    this.#turnsIm[at] = im * last[0]! - re * last[1]!
    last[0] = re
    last[1] = im
  }

  /** Measures the mean power of the newest `steps`. */
  measurePower(steps: number): void {
    let sum = 0
    for (let n = 0; n < steps; n++) sum += this.#powers[(this.#at - n) & LAST]!
    this.figures[MEAN] = sum / steps
  }

  /**
   * Measures the frequency of the newest steps, once their power is measured. False when they are no one tone: each
   * has some of the mean power, and together they turn as one does.
   */
  measureTone({ steps, steadiness, coherence }: Likeness): boolean {
    const power = this.figures[MEAN]!
    let re = 0
    let im = 0
    let least = power
    for (let n = 0; n < steps; n++) {
      const at = (this.#at - n) & LAST
      least = Math.min(least, this.#powers[at]!)
      re += this.#turnsRe[at]!
      im += this.#turnsIm[at]!
    }
    if (least < steadiness * power) return false
    if (re * re + im * im < (coherence * power * steps) ** 2) return false
    const turns = Math.atan2(im, re) / (2 * Math.PI) - this.#centreHz / STEPS_PER_SECOND
    this.figures[FREQUENCY_HZ] = this.#centreHz + (turns - Math.round(turns)) * STEPS_PER_SECOND
    return true
  }

  /** Which frequency of the group was measured; -1 for none. */
  nearest({ tolerance }: Likeness): number {
    const measuredHz = this.figures[FREQUENCY_HZ]!
    for (let n = 0; n < this.#frequenciesHz.length; n++) {
      const hz = this.#frequenciesHz[n]!
      if (Math.abs(measuredHz - hz) <= tolerance * hz) return n
    }
    return -1
  }

  reset(): void {
    this.figures.fill(0)
    this.#powers.fill(0)
    this.#turnsRe.fill(0)
    this.#turnsIm.fill(0)
    this.#last.fill(0)
  }
}
