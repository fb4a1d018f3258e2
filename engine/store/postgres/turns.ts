/** A place in the line of everything that is asked of the store. */
export interface Turn {
  /** Resolves when every change that was asked for before is made. */
  readonly come: Promise<void>
  /** Resolves when every question that was asked before is answered as well. */
  readonly alone: Promise<void>
  /** Nothing will be changed: who stands behind need not wait. */
  pass(): void
  end(): void
}

/** Keeps the order in which the store was asked. */
export class Turns {
  #changes: Promise<void> = Promise.resolve()
  #everything: Promise<void> = Promise.resolve()

  take(): Turn {
    const come = this.#changes
    const alone = this.#everything
    const passed = Promise.withResolvers<void>()
    const ended = Promise.withResolvers<void>()
    this.#changes = come.then(() => passed.promise)
    this.#everything = alone.then(() => ended.promise)
    return {
      ...{ come, alone, pass: passed.resolve },
      end() {
        passed.resolve()
        ended.resolve()
      },
    }
  }

  /** All that was asked for until now. */
  get all(): Promise<void> {
    return this.#everything
  }
}
