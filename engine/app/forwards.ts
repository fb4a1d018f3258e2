import type { CallId } from '../core/ids.ts'
import type { LiveCall } from './live-call.ts'

/** Calls of one caller for one number that leave for another number at once. */
const mostAtOnce = 10

/**
 * Calls that a number of ours sends on to another number, counted for each caller: a circle through a network that
 * drops Diversion and Max-Forwards shows in nothing else. Its innermost call is refused, and so all of it ends.
 */
export class Forwards {
  readonly #calls = new Map<string, Set<CallId>>()

  /** False when there are too many already; else the call counts until it is over. */
  begin({ id, record: { from, to }, ended }: LiveCall): boolean {
    const key = `${from} ${to}`
    const calls = this.#calls.get(key) ?? new Set()
    if (!calls.has(id) && calls.size >= mostAtOnce) return false
    this.#calls.set(key, calls.add(id))
    void ended.then(() => {
      calls.delete(id)
      if (calls.size === 0 && this.#calls.get(key) === calls) this.#calls.delete(key)
    })
    return true
  }

  /** Callers and numbers that are counted now. */
  get size(): number {
    return this.#calls.size
  }
}
