/**
 * Counts durations in steps of 0.1 ms up to 100 ms. All memory is taken at construction, so that the
 * tick may add to it.
 */
export class Histogram {
  static readonly #stepMs = 0.1
  readonly #counts = new Uint32Array(1001)
  #total = 0
  #maxMs = 0

  add(valueMs: number): void {
    const bounded = Math.max(0, valueMs)
    const bucket = Math.min(1000, Math.floor(bounded / Histogram.#stepMs))
    this.#counts[bucket]! += 1
    this.#total += 1
    if (bounded > this.#maxMs) this.#maxMs = bounded
  }

  /** Upper edge of the bucket in which the share `quantile` (0 to 1) of all values is reached. */
  quantileMs(quantile: number): number {
    const wanted = Math.ceil(this.#total * quantile)
    let seen = 0
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      seen += this.#counts[bucket]!
      if (seen >= wanted && seen > 0) {
        return Math.min(this.#maxMs, (bucket + 1) * Histogram.#stepMs)
      }
    }
    return 0
  }

  summary(): HistogramSummary {
    return {
      count: this.#total,
      p50Ms: this.quantileMs(0.5),
      p99Ms: this.quantileMs(0.99),
      maxMs: this.#maxMs,
    }
  }
}

export interface HistogramSummary {
  readonly count: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}
