/** Models in memory, so many and no more: the one not used for longest goes. */
export class LoadedModels<T> {
  readonly #keep: number
  readonly #loaded = new Map<string, T>()
  readonly #collect: () => void

  /** `collect` frees what is no longer held: the package frees a model when its object is collected. */
  constructor(keep: number, collect: () => void) {
    this.#keep = Math.max(1, keep)
    this.#collect = collect
  }

  get size(): number {
    return this.#loaded.size
  }

  /** Rejects with what `load` rejects with; nothing is kept then. */
  async take(key: string, load: () => Promise<T>): Promise<T> {
    const there = this.#loaded.get(key)
    if (there !== undefined) {
      this.#loaded.delete(key)
      this.#loaded.set(key, there)
      return there
    }
    this.#makeRoom()
    const model = await load()
    this.#loaded.set(key, model)
    return model
  }

  /** Before the next is loaded, so that there are never more than that. */
  #makeRoom(): void {
    let isLess = false
    for (const [key] of this.#loaded) {
      if (this.#loaded.size < this.#keep) break
      this.#loaded.delete(key)
      isLess = true
    }
    if (isLess) this.#collect()
  }
}
