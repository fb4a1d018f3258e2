import type { Clock } from '../../core/clock.ts'

const maxKnown = 10_000

/** So many at once, and after that one in every `eachMs`, for each key. Bounded by forgetting the oldest. */
export class Rate {
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #burst: number
  readonly #eachMs: number
  /** When the key's share is whole again; least recently used first. */
  readonly #fullAtMs = new Map<string, number>()

  constructor(clock: Pick<Clock, 'monotonicMs'>, burst: number, eachMs: number) {
    this.#clock = clock
    this.#burst = burst
    this.#eachMs = eachMs
  }

  /** True, and counted, when there is room. */
  take(key: string): boolean {
    const nowMs = this.#clock.monotonicMs()
    const fullAtMs = Math.max(this.#fullAtMs.get(key) ?? 0, nowMs) + this.#eachMs
    if (fullAtMs - nowMs > this.#burst * this.#eachMs) return false
    this.#fullAtMs.delete(key)
    this.#fullAtMs.set(key, fullAtMs)
    if (this.#fullAtMs.size > maxKnown) {
      const [oldest] = this.#fullAtMs.keys()
      if (oldest !== undefined) this.#fullAtMs.delete(oldest)
    }
    return true
  }
}
