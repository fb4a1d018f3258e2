/** So many at once, so many more may wait in line; undefined to those who find the line full. */
export class Slots {
  readonly #limit: number
  readonly #maxWaiting: number
  readonly #waiting: (() => void)[] = []
  #taken = 0

  constructor(limit: number, maxWaiting: number) {
    this.#limit = limit
    this.#maxWaiting = maxWaiting
  }

  run<T>(work: () => Promise<T>): Promise<T> | undefined {
    if (this.#taken >= this.#limit && this.#waiting.length >= this.#maxWaiting) return undefined
    return this.#run(work)
  }

  async #run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#taken >= this.#limit) {
      // Whoever leaves hands over the place, so it stays taken.
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    } else this.#taken += 1
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#taken -= 1
      else next()
    }
  }
}
