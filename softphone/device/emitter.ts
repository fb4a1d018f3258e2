type Listener<Args extends unknown[]> = (...args: Args) => void

/** Named events with typed arguments. A listener that throws keeps nobody else from hearing. */
export class Emitter<Events extends { [Name in keyof Events]: unknown[] }> {
  readonly #listeners: { [Name in keyof Events]?: Set<Listener<Events[Name]>> } = {}

  /** Returns what takes the listener off again. */
  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void {
    const listeners = this.#listeners[name] ?? new Set()
    this.#listeners[name] = listeners
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }

  emit<Name extends keyof Events>(name: Name, ...args: Events[Name]): void {
    for (const listener of [...(this.#listeners[name] ?? [])]) {
      try {
        listener(...args)
      } catch (error) {
        // As an uncaught error of the application, which it is.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}
