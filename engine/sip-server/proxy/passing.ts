import type { Clock } from '../clock.ts'
import { detached } from '../message/text.ts'

const maxCalls = 100_000
/** a call that nobody speaks in for so long is forgotten */
const idleMs = 24 * 3600 * 1000

/**
 * Calls whose later requests come through us because we asked for it (Record-Route). Requests of
 * others with our address in Route are refused, or this server would relay for anybody.
 */
export class PassingCalls {
  readonly #clock: Clock
  readonly #untilMs = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#untilMs.size
  }

  /** Remembers a call, or that it is still in use. */
  note(callId: string): void {
    // the map keeps the order of use: the longest unused is first
    this.#untilMs.delete(callId)
    const [oldest] = this.#untilMs.keys()
    if (this.#untilMs.size >= maxCalls && oldest !== undefined) this.#untilMs.delete(oldest)
    this.#untilMs.set(detached(callId), this.#clock.nowMs() + idleMs)
  }

  has(callId: string): boolean {
    const untilMs = this.#untilMs.get(callId)
    if (untilMs === undefined) return false
    if (untilMs >= this.#clock.nowMs()) return true
    this.#untilMs.delete(callId)
    return false
  }

  /** The call was hung up; late repetitions still pass for `lingerMs`. */
  over(callId: string, lingerMs: number): void {
    if (this.#untilMs.has(callId)) this.#untilMs.set(callId, this.#clock.nowMs() + lingerMs)
  }
}
