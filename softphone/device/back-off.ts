const FIRST_MS = 1000
const LONGEST_MS = 30_000

/** Waits between tries: 1 s, then twice as long each time up to 30 s, each shortened by up to a half at random. */
export class BackOff {
  readonly #random: () => number
  #nextMs = FIRST_MS

  constructor(random: () => number = Math.random) {
    this.#random = random
  }

  /** Milliseconds to wait before the next try. */
  next(): number {
    const delayMs = this.#nextMs
    this.#nextMs = Math.min(LONGEST_MS, delayMs * 2)
    return Math.round(delayMs * (1 - this.#random() / 2))
  }

  reset(): void {
    this.#nextMs = FIRST_MS
  }
}
