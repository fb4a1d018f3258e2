export interface SemaphoreLimits {
  /** So many at once in all; without it any number. */
  readonly total?: number
  /** So many at once of one key; without it any number. */
  readonly each?: number
}

interface Waiting {
  readonly key: string
  readonly go: () => void
}

/**
 * A bound on what runs at once. Who waits for a place gets one before those whose key has more of them, or had one later,
 * and then in the order in which they came: a key with a long line delays itself.
 */
export class Semaphore {
  readonly #total: number
  readonly #each: number
  readonly #running = new Map<string, number>()
  /** When each key that runs or waits had its last place, in places given. */
  readonly #lastAt = new Map<string, number>()
  #given = 0
  #taken = 0
  readonly #waiting: Waiting[] = []

  constructor({ total = Infinity, each = Infinity }: SemaphoreLimits) {
    this.#total = total
    this.#each = each
  }

  /** At once where there is a place. Settles as `work` does. */
  async run<T>(work: () => Promise<T>, key = ''): Promise<T> {
    if (this.#mayRun(key)) this.#take(key)
    else await new Promise<void>((go) => this.#waiting.push({ key, go }))
    try {
      return await work()
    } finally {
      this.#leave(key)
    }
  }

  /** How many wait under the key. */
  waiting(key = ''): number {
    return this.#waiting.filter((one) => one.key === key).length
  }

  #take(key: string): void {
    this.#taken += 1
    this.#running.set(key, this.#runningOf(key) + 1)
    this.#given += 1
    this.#lastAt.set(key, this.#given)
  }

  #leave(key: string): void {
    this.#taken -= 1
    const left = this.#runningOf(key) - 1
    if (left > 0) this.#running.set(key, left)
    else this.#running.delete(key)
    const next = this.#next()
    if (left <= 0 && this.waiting(key) === 0) this.#lastAt.delete(key)
    if (next === undefined) return
    // Taken before it wakes up: nobody comes in between.
    this.#waiting.splice(this.#waiting.indexOf(next), 1)
    this.#take(next.key)
    next.go()
  }

  #next(): Waiting | undefined {
    let next: Waiting | undefined
    for (const one of this.#waiting) {
      if (!this.#mayRun(one.key)) continue
      if (next === undefined || this.#isBefore(one.key, next.key)) next = one
    }
    return next
  }

  #isBefore(a: string, b: string): boolean {
    const less = this.#runningOf(a) - this.#runningOf(b)
    return less === 0 ? (this.#lastAt.get(a) ?? 0) < (this.#lastAt.get(b) ?? 0) : less < 0
  }

  #mayRun(key: string): boolean {
    return this.#taken < this.#total && this.#runningOf(key) < this.#each
  }

  #runningOf(key: string): number {
    return this.#running.get(key) ?? 0
  }
}
