import type { Clock } from '../clock.ts'
import type { Place, Protocol } from './peer.ts'

/** as Kamailio's and OpenSIPS' lists have it by default */
const badForMs = 60_000
/** what a Retry-After can make of it at most */
const longestMs = 300_000
const maxPlaces = 1000

export interface Way extends Place {
  readonly protocol: Protocol
}

const keyOf = ({ protocol, address, port }: Way): string => `${protocol} ${address} ${port}`

/** Places that did not answer or had no room, for a while: they are tried last (RFC 3263 section 4.3). */
export class BadPlaces {
  readonly #clock: Clock
  readonly #untilMs = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#untilMs.size
  }

  note(way: Way, forMs: number = badForMs): void {
    const key = keyOf(way)
    this.#untilMs.delete(key)
    const [oldest] = this.#untilMs.keys()
    if (this.#untilMs.size >= maxPlaces && oldest !== undefined) this.#untilMs.delete(oldest)
    this.#untilMs.set(key, this.#clock.nowMs() + Math.min(forMs, longestMs))
  }

  /** It answered. */
  clear(way: Way): void {
    this.#untilMs.delete(keyOf(way))
  }

  has(way: Way): boolean {
    const untilMs = this.#untilMs.get(keyOf(way))
    if (untilMs === undefined) return false
    if (untilMs > this.#clock.nowMs()) return true
    this.#untilMs.delete(keyOf(way))
    return false
  }

  /** The bad ones last, else as they were. */
  last<T extends Way>(ways: readonly T[]): T[] {
    return ways.toSorted((a, b) => Number(this.has(a)) - Number(this.has(b)))
  }
}
