import type { Clock } from '../../core/clock.ts'

const maxBuckets = 10_000

interface Bucket {
  tokens: number
  atMs: number
}

/** Requests of each account: `perSecond` on average, a second's worth at once (token bucket). */
export class RateLimit {
  readonly #buckets = new Map<string, Bucket>()
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #perSecond: number

  constructor(clock: Pick<Clock, 'monotonicMs'>, perSecond: number) {
    this.#clock = clock
    this.#perSecond = perSecond
  }

  /** 0 = go on; otherwise the seconds after which to try again. */
  take(who: string): number {
    const nowMs = this.#clock.monotonicMs()
    const bucket = this.#buckets.get(who) ?? this.#open(who, nowMs)
    const earned = ((nowMs - bucket.atMs) / 1000) * this.#perSecond
    bucket.tokens = Math.min(this.#perSecond, bucket.tokens + earned)
    bucket.atMs = nowMs
    if (bucket.tokens < 1) return Math.max(1, Math.ceil((1 - bucket.tokens) / this.#perSecond))
    bucket.tokens -= 1
    return 0
  }

  /** The oldest bucket makes room: a full one again for an account that was quiet for so long. */
  #open(who: string, nowMs: number): Bucket {
    const oldest = this.#buckets.keys().next()
    if (this.#buckets.size >= maxBuckets && !oldest.done) this.#buckets.delete(oldest.value)
    const bucket = { tokens: this.#perSecond, atMs: nowMs }
    this.#buckets.set(who, bucket)
    return bucket
  }
}
