import type { Clock } from '../core/clock.ts'

export interface Limits {
  /** Calls at once, in both directions and all states. */
  readonly maxCalls?: number | undefined
  /** New calls from outside within a second. */
  readonly maxCallsPerSecond?: number | undefined
}

/** Whatever is set, more would only fill the memory. */
const most = 5000
const secondMs = 1000

/** How many calls from outside are taken: what is over that is refused at once, what is under way stays. */
export class CallLimits {
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #maxCalls: number
  readonly #perSecond: number
  /** When calls were taken, of the last second. */
  #takenAtMs: number[] = []

  constructor(clock: Pick<Clock, 'monotonicMs'>, limits: Limits) {
    this.#clock = clock
    this.#maxCalls = Math.min(limits.maxCalls ?? most, most)
    this.#perSecond = limits.maxCallsPerSecond ?? Number.POSITIVE_INFINITY
  }

  /** True, and counted, when there is room for one more beside so many. */
  take(calls: number): boolean {
    if (calls >= this.#maxCalls) return false
    if (this.#perSecond === Number.POSITIVE_INFINITY) return true
    const nowMs = this.#clock.monotonicMs()
    this.#takenAtMs = this.#takenAtMs.filter((atMs) => nowMs - atMs < secondMs)
    if (this.#takenAtMs.length >= this.#perSecond) return false
    this.#takenAtMs.push(nowMs)
    return true
  }
}
