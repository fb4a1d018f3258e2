const kept = 200
const fewest = 20

/** The newest measurements of one step, for what may be said of it. */
export class ObservedTimes {
  readonly #values: number[] = []
  #next = 0

  add(valueMs: number): void {
    this.#values[this.#next] = valueMs
    this.#next = (this.#next + 1) % kept
  }

  /** Undefined until there are enough to say anything. */
  quantiles(): { readonly p50Ms: number; readonly p90Ms: number } | undefined {
    if (this.#values.length < fewest) return undefined
    const sorted = this.#values.toSorted((a, b) => a - b)
    const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0
    return { p50Ms: at(0.5), p90Ms: at(0.9) }
  }
}
