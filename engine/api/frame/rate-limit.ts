import type { Clock } from '../../core/clock.ts'
import type { Failure } from '../../core/failures.ts'
import type { Caller } from './auth.ts'

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

  /** 0 = go on; otherwise the seconds after which to try again. `perSecond`: of one who has another rate than the rest. */
  take(who: string, perSecond = this.#perSecond): number {
    const nowMs = this.#clock.monotonicMs()
    const bucket = this.#buckets.get(who) ?? this.#open(who, nowMs, perSecond)
    const earned = ((nowMs - bucket.atMs) / 1000) * perSecond
    bucket.tokens = Math.min(perSecond, bucket.tokens + earned)
    bucket.atMs = nowMs
    if (bucket.tokens < 1) return Math.max(1, Math.ceil((1 - bucket.tokens) / perSecond))
    bucket.tokens -= 1
    return 0
  }

  /** The oldest bucket makes room: a full one again for an account that was quiet for so long. */
  #open(who: string, nowMs: number, perSecond: number): Bucket {
    const oldest = this.#buckets.keys().next()
    if (this.#buckets.size >= maxBuckets && !oldest.done) this.#buckets.delete(oldest.value)
    const bucket = { tokens: perSecond, atMs: nowMs }
    this.#buckets.set(who, bucket)
    return bucket
  }
}

/** A device that asks too often is no reason to refuse its account; an account may have a rate of its own. */
export const shareOf = ({ account, device }: Caller): { who: string; perSecond?: number } => {
  if (device) return { who: device.id }
  const { id: who, requestsPerSecond: perSecond } = account
  return { who, ...(perSecond !== undefined && { perSecond }) }
}

/** Who is refused because of how much he asks may ask again soon; undefined for other refusals. */
export const retryAfterOf = ({ retryAfterS, http }: Failure): number | undefined =>
  retryAfterS ?? (http === 429 ? 1 : undefined)
