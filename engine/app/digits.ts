const maxTypedAhead = 32

/**
 * Keys that a phone pressed and nobody has read yet. Keys pressed before a gather begins count
 * (type-ahead), within a bound: the oldest are dropped.
 */
export class Digits {
  readonly #pressed: string[] = []
  #reader: ((digit: string) => void) | undefined
  #hidden = 0

  /** What is pressed now is a secret: it goes into no log. */
  get areSecret(): boolean {
    return this.#hidden > 0
  }

  /** What is pressed from now on is a secret, until the function that is returned is called. */
  hide(): () => void {
    this.#hidden += 1
    let isOver = false
    return () => {
      if (!isOver) this.#hidden -= 1
      isOver = true
    }
  }

  /** Somebody waits for a key. */
  get isAwaited(): boolean {
    return this.#reader !== undefined
  }

  /** Forgets the next key if it is this one. */
  skip(digit: string): void {
    if (this.#pressed[0] === digit) this.#pressed.shift()
  }

  /** What nobody has read, which is nobody's any more. */
  takeAll(): string {
    return this.#pressed.splice(0).join('')
  }

  /** It was read, and is for whoever reads next. */
  putBack(digit: string): void {
    this.#pressed.unshift(digit)
  }

  press(digit: string): void {
    const reader = this.#reader
    if (reader) {
      this.#reader = undefined
      reader(digit)
      return
    }
    if (this.#pressed.length === maxTypedAhead) this.#pressed.shift()
    this.#pressed.push(digit)
  }

  /** The next key. One reader at a time. Resolves undefined when `signal` aborts first. */
  next(signal: AbortSignal): Promise<string | undefined> {
    if (signal.aborted) return Promise.resolve(undefined)
    const first = this.#pressed.shift()
    if (first !== undefined) return Promise.resolve(first)
    return new Promise((resolve) => {
      const onAbort = () => {
        this.#reader = undefined
        resolve(undefined)
      }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#reader = (digit) => {
        signal.removeEventListener('abort', onAbort)
        resolve(digit)
      }
    })
  }
}
