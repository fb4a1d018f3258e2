import type { Clock } from '../../core/clock.ts'

export interface Limits {
  /** Calls at once, in both directions and all states. */
  readonly maxCalls?: number | undefined
  /** New calls from outside within a second. */
  readonly maxCallsPerSecond?: number | undefined
  /** Calls at once that one device makes; absent: any number. */
  readonly maxCallsPerDevice?: number | undefined
}

/** Whatever is set, more would only fill the memory. */
const most = 5000
const secondMs = 1000

/** How many calls from outside are taken: what is over that is refused at once, what is under way stays. */
export class CallLimits {
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #maxCalls: number
  readonly #perSecond: number
  readonly #perDevice: number
  /** When calls were taken, of the last second. */
  #takenAtMs: number[] = []

  constructor(clock: Pick<Clock, 'monotonicMs'>, limits: Limits) {
    this.#clock = clock
    this.#maxCalls = Math.min(limits.maxCalls ?? most, most)
    this.#perSecond = limits.maxCallsPerSecond ?? Number.POSITIVE_INFINITY
    this.#perDevice = limits.maxCallsPerDevice ?? Number.POSITIVE_INFINITY
  }

  /** There is room for one more beside so many. */
  hasRoom(calls: number): boolean {
    if (calls >= this.#maxCalls) return false
    if (this.#perSecond === Number.POSITIVE_INFINITY) return true
    const nowMs = this.#clock.monotonicMs()
    this.#takenAtMs = this.#takenAtMs.filter((atMs) => nowMs - atMs < secondMs)
    return this.#takenAtMs.length < this.#perSecond
  }

  /** A device may make one more call beside so many of its own. */
  deviceMay(calls: number): boolean {
    return calls < this.#perDevice
  }

  /** As `hasRoom`, and counts it. Only for those who have proved who they are: strangers use up nobody's room. */
  take(calls: number): boolean {
    if (!this.hasRoom(calls)) return false
    if (this.#perSecond !== Number.POSITIVE_INFINITY) {
      this.#takenAtMs.push(this.#clock.monotonicMs())
    }
    return true
  }
}
