const RENORMALISE_AT = 1e9
const WEIGHT = 0
const TOTAL = 1

/** Histogram of delays with exponential forgetting; a packet costs O(1). */
export class DelayHistogram {
  readonly bins: number
  readonly #counts: Float64Array
  readonly #growth: number
  /** Weight of the next packet, and sum of all: in an array, so that changing them needs no memory. */
  readonly #sums = Float64Array.of(1, 0)

  constructor(bins: number, forgetting: number) {
    this.bins = bins
    this.#counts = new Float64Array(bins)
    // Instead of shrinking every bin on each packet, each packet weighs more than the one before.
    this.#growth = 1 / forgetting
  }

  add(bin: number): void {
    const weight = this.#sums[WEIGHT]!
    this.#counts[bin] = this.#counts[bin]! + weight
    this.#sums[TOTAL] = this.#sums[TOTAL]! + weight
    this.#sums[WEIGHT] = weight * this.#growth
    if (weight > RENORMALISE_AT) this.#renormalise()
  }

  /**
   * The delay, in bins, that costs least when every bin of it costs 1 and packets that come later than it
   * cost `allLateBins` times their share; at least 1.
   */
  cheapestBin(allLateBins: number): number {
    const price = allLateBins / this.#sums[TOTAL]!
    let late = 0
    let best = this.bins
    let bestCost = Number.POSITIVE_INFINITY
    for (let bin = this.bins; bin >= 1; bin--) {
      const cost = bin + late * price
      if (cost < bestCost) {
        best = bin
        bestCost = cost
      }
      late += this.#counts[bin - 1]!
    }
    return best
  }

  clear(): void {
    this.#counts.fill(0)
    this.#sums[WEIGHT] = 1
    this.#sums[TOTAL] = 0
  }

  #renormalise(): void {
    const weight = this.#sums[WEIGHT]!
    for (let i = 0; i < this.bins; i++) this.#counts[i] = this.#counts[i]! / weight
    this.#sums[TOTAL] = this.#sums[TOTAL]! / weight
    this.#sums[WEIGHT] = 1
  }
}
