import type { Clock } from '../core/clock.ts'

const windowMs = 60_000
const limit = 20
const lockMs = 300_000
const maxSources = 10_000

interface Source {
  sinceMs: number
  failed: number
  lockedUntilMs: number
}

/** Locks a source address out after 20 wrong digests within a minute, for five minutes. */
export class Lockout {
  readonly #clock: Clock
  /** Least recently failed first; bounded by forgetting those. */
  readonly #sources = new Map<string, Source>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  isLocked(address: string): boolean {
    return (this.#sources.get(address)?.lockedUntilMs ?? 0) > this.#clock.monotonicMs()
  }

  /** True when this failure was the one that locked the address. */
  failed(address: string): boolean {
    const nowMs = this.#clock.monotonicMs()
    const known = this.#sources.get(address)
    const fresh = known && nowMs - known.sinceMs < windowMs
    const source = fresh ? known : { sinceMs: nowMs, failed: 0, lockedUntilMs: 0 }
    this.#sources.delete(address)
    if (this.#sources.size >= maxSources) this.#forgetOldest()
    this.#sources.set(address, source)
    source.failed++
    if (source.failed !== limit) return false
    source.lockedUntilMs = nowMs + lockMs
    return true
  }

  get size(): number {
    return this.#sources.size
  }

  #forgetOldest(): void {
    const oldest = this.#sources.keys().next().value
    if (oldest !== undefined) this.#sources.delete(oldest)
  }
}
