import type { PcmRateHz } from './codec.ts'

/** Mono. */
export interface Samples {
  readonly rateHz: PcmRateHz
  readonly pcm: Int16Array
}

/**
 * Samples by path, one copy for all legs that play them: a hundred callers who hear one greeting need its
 * memory once. Files are named after what is in them and never change, so a path says it all. Samples
 * stay as long as somebody plays them and the collector has not come by; failures are not kept.
 */
export class SharedSamples {
  readonly #read: (path: string) => Promise<Samples>
  readonly #underWay = new Map<string, Promise<Samples>>()
  readonly #loaded = new Map<string, WeakRef<Samples>>()
  readonly #collected = new FinalizationRegistry((path: string) => {
    // The path may have been loaded anew since.
    if (this.#loaded.get(path)?.deref() === undefined) this.#loaded.delete(path)
  })

  constructor(read: (path: string) => Promise<Samples>) {
    this.#read = read
  }

  /** Paths that are remembered. */
  get size(): number {
    return this.#loaded.size
  }

  /** Must not be written to. Rejects with what the reading fails with. */
  load(path: string): Promise<Samples> {
    const loaded = this.#loaded.get(path)?.deref()
    if (loaded) return Promise.resolve(loaded)
    const underWay = this.#underWay.get(path)
    if (underWay !== undefined) return underWay
    const loading = this.#load(path).finally(() => this.#underWay.delete(path))
    this.#underWay.set(path, loading)
    return loading
  }

  async #load(path: string): Promise<Samples> {
    const samples = await this.#read(path)
    this.#loaded.set(path, new WeakRef(samples))
    this.#collected.register(samples, path)
    return samples
  }
}
