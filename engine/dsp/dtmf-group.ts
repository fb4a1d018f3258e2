import { powerAtHz, STEPS_PER_SECOND } from './dtmf-bands.ts'

/** 20 ms of steps. */
export const WINDOW_STEPS = 16
const LAST = WINDOW_STEPS - 1

/** The last 20 ms of the band of one group of DTMF frequencies. After construction nothing is allocated. */
export class DtmfGroup {
  /** Of the newest step: a quarter of the square of the amplitude, less what the filters take. */
  newestPower = 0
  /** Measured by `measure`: mean power of the steps, and the frequency, in Hz, of the one tone that it would be. */
  power = 0
  frequencyHz = 0
  readonly #centreHz: number
  readonly #frequenciesHz: readonly number[]
  readonly #powers = new Float64Array(WINDOW_STEPS)
  /** Each step's value times that of the step before, conjugate: how far it turned. */
  readonly #turnsRe = new Float64Array(WINDOW_STEPS)
  readonly #turnsIm = new Float64Array(WINDOW_STEPS)
  /** Of the newest step. */
  #at = 0
  #re = 0
  #im = 0

  constructor(centreHz: number, frequenciesHz: readonly number[]) {
    this.#centreHz = centreHz
    this.#frequenciesHz = frequenciesHz
  }

  push(re: number, im: number): void {
    const at = (this.#at + 1) & LAST
    this.#at = at
    this.newestPower = re * re + im * im
    this.#powers[at] = this.newestPower
    this.#turnsRe[at] = re * this.#re + im * this.#im
    this.#turnsIm[at] = im * this.#re - re * this.#im
    this.#re = re
    this.#im = im
  }

  /** Mean power of the newest `steps`. */
  meanPower(steps: number): number {
    let sum = 0
    for (let n = 0; n < steps; n++) sum += this.#powers[(this.#at - n) & LAST]!
    return sum / steps
  }

  /**
   * Measures the newest `steps`. False when they are no one tone: each has at least `steadiness` of the mean power,
   * and together they turn as one does (`coherence`, 0 to 1).
   */
  measure(steps: number, steadiness: number, coherence: number): boolean {
    const power = this.meanPower(steps)
    let re = 0
    let im = 0
    let least = power
    for (let n = 0; n < steps; n++) {
      const at = (this.#at - n) & LAST
      least = Math.min(least, this.#powers[at]!)
      re += this.#turnsRe[at]!
      im += this.#turnsIm[at]!
    }
    this.power = power
    if (least < steadiness * power) return false
    if (re * re + im * im < (coherence * power * steps) ** 2) return false
    const turns = Math.atan2(im, re) / (2 * Math.PI) - this.#centreHz / STEPS_PER_SECOND
    this.frequencyHz = this.#centreHz + (turns - Math.round(turns)) * STEPS_PER_SECOND
    return true
  }

  /** Which frequency of the group was measured, `tolerance` (a part of it) being allowed; -1 for none. */
  nearest(tolerance: number): number {
    for (let n = 0; n < this.#frequenciesHz.length; n++) {
      const hz = this.#frequenciesHz[n]!
      if (Math.abs(this.frequencyHz - hz) <= tolerance * hz) return n
    }
    return -1
  }

  /** Square of the amplitude of the tone measured: without the loss of the filters. */
  get amplitudeSquared(): number {
    return this.power / powerAtHz[Math.round(this.frequencyHz)]!
  }

  reset(): void {
    this.newestPower = 0
    this.#powers.fill(0)
    this.#turnsRe.fill(0)
    this.#turnsIm.fill(0)
    this.#re = 0
    this.#im = 0
  }
}
