/** Logarithmic to linear step size (table 11, ILB). */
const STEP_TABLE = Int32Array.of(
  ...[
    2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
  ],
  ...[
    2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
  ],
)
const POLE_2_LIMIT = 12288
const POLE_1_LIMIT = 15360
const ZEROS = 6

/** Limits to 16 bits what is a whole number already. */
export function limit16(value: number): number {
  return Math.min(32767, Math.max(-32768, value))
}

/** What differs between the two bands: how the step size begins and how far it can go. */
export interface BandShape {
  readonly firstStep: number
  readonly largestLogStep: number
  /** Bits by which the exponent of the step size is offset: 8 low, 10 high. */
  readonly stepOffset: number
}

/**
 * One band of ITU-T G.722: the step size of its quantiser, and its predictor of two poles and six zeros
 * (sections 3.5 and 3.6). Encoder and decoder run the same one, so that both predict the same.
 */
export class G722Band {
  /** Step size, linear. */
  step: number
  /** The sample that is expected next. */
  predicted = 0
  readonly #shape: BandShape
  #logStep = 0
  #zeroPart = 0
  /** Reconstructed samples, partial reconstructions, poles: newest first. */
  #r1 = 0
  #r2 = 0
  #p1 = 0
  #p2 = 0
  #a1 = 0
  #a2 = 0
  /** Past differences, newest first, and the coefficients of the zeros. */
  readonly #d = new Int32Array(ZEROS)
  readonly #b = new Int32Array(ZEROS)

  constructor(shape: BandShape) {
    this.#shape = shape
    this.step = shape.firstStep
  }

  /** As new. */
  reset(): void {
    this.step = this.#shape.firstStep
    this.predicted = 0
    this.#logStep = 0
    this.#zeroPart = 0
    this.#r1 = this.#r2 = this.#p1 = this.#p2 = this.#a1 = this.#a2 = 0
    this.#d.fill(0)
    this.#b.fill(0)
  }

  /** Goes on from where another band is, of the same shape. */
  copyFrom(other: G722Band): void {
    this.step = other.step
    this.predicted = other.predicted
    this.#logStep = other.#logStep
    this.#zeroPart = other.#zeroPart
    this.#r1 = other.#r1
    this.#r2 = other.#r2
    this.#p1 = other.#p1
    this.#p2 = other.#p2
    this.#a1 = other.#a1
    this.#a2 = other.#a2
    this.#d.set(other.#d)
    this.#b.set(other.#b)
  }

  /**
   * Takes the quantised difference of a sample, and what its code does to the logarithm of the step size;
   * then `step` and `predicted` are those for the next sample.
   */
  adapt(difference: number, logStepChange: number): void {
    this.#scale(logStepChange)
    const reconstructed = limit16(this.predicted + difference)
    const partial = limit16(this.#zeroPart + difference)
    this.#movePoles(partial)
    this.#moveZeros(difference)
    this.#r2 = this.#r1
    this.#r1 = reconstructed
    this.#p2 = this.#p1
    this.#p1 = partial
    const polePart = limit16(
      ((this.#a1 * limit16(2 * this.#r1)) >> 15) + ((this.#a2 * limit16(2 * this.#r2)) >> 15),
    )
    this.predicted = limit16(polePart + this.#zeroPart)
  }

  #scale(change: number): void {
    const { largestLogStep, stepOffset } = this.#shape
    const moved = ((this.#logStep * 127) >> 7) + change
    this.#logStep = Math.max(0, Math.min(largestLogStep, moved))
    const mantissa = STEP_TABLE[(this.#logStep >> 6) & 31]!
    const down = stepOffset - (this.#logStep >> 11)
    this.step = (down < 0 ? mantissa << -down : mantissa >> down) << 2
  }

  #movePoles(partial: number): void {
    const same1 = (partial ^ this.#p1) >= 0
    const same2 = (partial ^ this.#p2) >= 0
    const quadrupled = limit16(this.#a1 << 2)
    const turned = Math.min(32767, same1 ? -quadrupled : quadrupled)
    const pole2 = (same2 ? 128 : -128) + (turned >> 7) + ((this.#a2 * 32512) >> 15)
    this.#a2 = Math.max(-POLE_2_LIMIT, Math.min(POLE_2_LIMIT, pole2))
    const pole1 = limit16((same1 ? 192 : -192) + ((this.#a1 * 32640) >> 15))
    const limit = limit16(POLE_1_LIMIT - this.#a2)
    this.#a1 = Math.max(-limit, Math.min(limit, pole1))
  }

  /** Moves the coefficients and the past on by one sample, and sums the part of the zeros. */
  #moveZeros(difference: number): void {
    const d = this.#d
    const b = this.#b
    const gain = difference === 0 ? 0 : 128
    let sum = 0
    for (let i = ZEROS - 1; i >= 0; i--) {
      const same = (d[i]! ^ difference) >= 0
      const coefficient = limit16((same ? gain : -gain) + ((b[i]! * 32640) >> 15))
      const past = i === 0 ? difference : d[i - 1]!
      b[i] = coefficient
      d[i] = past
      sum += (coefficient * limit16(2 * past)) >> 15
    }
    this.#zeroPart = limit16(sum)
  }
}
