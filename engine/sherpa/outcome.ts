/** Values that come over time, for one reader: those that come before it asks wait for it. */
export class Outcome<T> implements AsyncIterable<T> {
  readonly #values: T[] = []
  #state: 'open' | 'ended' | { readonly fault: unknown } = 'open'
  #wake: (() => void) | undefined

  /** It ended by itself: nothing more is to be called off. */
  get isDone(): boolean {
    return this.#state === 'ended'
  }

  add(value: T): void {
    if (this.#state !== 'open') return
    this.#values.push(value)
    this.#wake?.()
  }

  end(): void {
    if (this.#state === 'open') this.#state = 'ended'
    this.#wake?.()
  }

  /** At once: what waits to be read is dropped. */
  fail(fault: unknown): void {
    if (this.#state === 'open') this.#state = { fault }
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      if (typeof this.#state === 'object') throw this.#state.fault
      const value = this.#values.shift()
      if (value !== undefined) yield value
      else if (this.#state === 'ended') return
      else await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}
