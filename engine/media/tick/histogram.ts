const STEP_MS = 0.1

/**
 * Counts durations in steps of 0.1 ms up to 100 ms. All memory is taken at construction, so that the
 * tick may add to it.
 */
export class Histogram {
  readonly #counts = new Uint32Array(1001)
  #total = 0
  #maxMs = 0

  add(valueMs: number): void {
    const bounded = Math.max(0, valueMs)
    const bucket = Math.min(1000, Math.floor(bounded / STEP_MS))
    this.#counts[bucket]! += 1
    this.#total += 1
    if (bounded > this.#maxMs) this.#maxMs = bounded
  }

  /** Upper edge of the bucket in which the share `quantile` (0 to 1) of all values is reached. */
  quantileMs(quantile: number): number {
    return quantileMs(this.#counts, this.#total, this.#maxMs, quantile)
  }

  /** All that was counted, as a copy. */
  snapshot(): HistogramCounts {
    return { counts: this.#counts.slice(), total: this.#total, maxMs: this.#maxMs }
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

/** What a histogram has counted; the last bucket has all from 100 ms on. */
export interface HistogramCounts {
  readonly counts: Uint32Array
  readonly total: number
  readonly maxMs: number
}

function quantileMs(counts: Uint32Array, total: number, maxMs: number, quantile: number): number {
  const wanted = Math.ceil(total * quantile)
  let seen = 0
  for (let bucket = 0; bucket < counts.length; bucket++) {
    seen += counts[bucket]!
    if (seen >= wanted && seen > 0) return Math.min(maxMs, (bucket + 1) * STEP_MS)
  }
  return 0
}

/** Of several histograms taken together. */
export function summaryOf(all: readonly HistogramCounts[]): HistogramSummary {
  const counts = new Uint32Array(Math.max(0, ...all.map((one) => one.counts.length)))
  for (const one of all) for (const [at, count] of one.counts.entries()) counts[at]! += count
  const count = all.reduce((sum, { total }) => sum + total, 0)
  const maxMs = Math.max(0, ...all.map((one) => one.maxMs))
  const at = (quantile: number): number => quantileMs(counts, count, maxMs, quantile)
  return { count, p50Ms: at(0.5), p99Ms: at(0.99), maxMs }
}
