interface Waiting {
  /** When it is needed, by a clock that does not go back; the earliest is served first. */
  readonly dueMs: number
  readonly begin: () => void
}

/**
 * Turns at making sound, so that many who speak at once all keep ahead of what is heard: whose sound runs out first
 * is served first. Who has none yet is due when he came, and so nobody waits for the end of a long text.
 */
export class Turns {
  readonly #atOnce: number
  readonly #waiting: Waiting[] = []
  #taken = 0

  /** @param atOnce as many are taken at the same time; others wait. */
  constructor(atOnce: number) {
    this.#atOnce = atOnce
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** Resolves to what ends the turn, to be called once. Rejects with the signal's reason. */
  async take(dueMs: number, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted()
    if (this.#taken < this.#atOnce) this.#taken += 1
    else await this.#wait(dueMs, signal)
    return () => this.#next()
  }

  #wait(dueMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        dueMs,
        begin: () => {
          signal.removeEventListener('abort', leave)
          resolve()
        },
      }
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
        reject(signal.reason)
      }
      signal.addEventListener('abort', leave, { once: true })
      const later = this.#waiting.findIndex((other) => other.dueMs > dueMs)
      if (later < 0) this.#waiting.push(waiting)
      else this.#waiting.splice(later, 0, waiting)
    })
  }

  #next(): void {
    const next = this.#waiting.shift()
    if (next) next.begin()
    else this.#taken -= 1
  }
}
