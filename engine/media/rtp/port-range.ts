/**
 * The pairs of UDP ports that legs may have: RTP on the even one, RTCP on the odd one above it
 * (RFC 3550 section 11). A pair rests for a while after its use, so that packets which the last peer
 * still sends do not meet the next call.
 */
export class PortRange {
  readonly #firstEven: number
  readonly #freeAtMs: Float64Array
  readonly #restMs: number
  readonly #random: () => number

  /** `random` gives numbers from 0 to below 1. */
  constructor(first: number, last: number, restMs: number, random: () => number) {
    this.#firstEven = first + (first % 2)
    const pairs = Math.max(0, Math.floor((last - this.#firstEven + 1) / 2))
    this.#freeAtMs = new Float64Array(pairs)
    this.#restMs = restMs
    this.#random = random
  }

  /** Every even port that is free now, each once, from a random one on. */
  *free(nowMs: number): Generator<number> {
    const pairs = this.#freeAtMs.length
    const start = Math.floor(this.#random() * pairs)
    for (let n = 0; n < pairs; n++) {
      const pair = (start + n) % pairs
      if (this.#freeAtMs[pair]! <= nowMs) yield this.#firstEven + 2 * pair
    }
  }

  /** It is one of the range, and nobody has it; it may still rest. */
  mayHave(port: number): boolean {
    const freeAtMs = port % 2 === 0 ? this.#freeAtMs[this.#pairOf(port)] : undefined
    return freeAtMs !== undefined && freeAtMs !== Number.POSITIVE_INFINITY
  }

  /** Takes a port out of `free` until it is given back. */
  take(port: number): void {
    this.#freeAtMs[this.#pairOf(port)] = Number.POSITIVE_INFINITY
  }

  /** Gives a port back after use; it rests first. */
  release(port: number, nowMs: number): void {
    this.#freeAtMs[this.#pairOf(port)] = nowMs + this.#restMs
  }

  /** Gives a port back that turned out to be somebody else's. */
  putBack(port: number): void {
    this.#freeAtMs[this.#pairOf(port)] = 0
  }

  #pairOf(port: number): number {
    return (port - this.#firstEven) / 2
  }
}
