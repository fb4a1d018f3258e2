const HALF = 0x8000
const WHOLE = 0x1_0000
/** RFC 3711 section 3.3.2 asks for 64 at least. */
const WINDOW = 128

/**
 * Where a stream is (RFC 3711 section 3.3.1): sequence numbers with their rollovers, 48 bits; and which of the last
 * 128 packets were there already.
 */
export class SrtpIndex {
  readonly #seen = new Float64Array(WINDOW).fill(-1)
  #highest = -1

  static rolloverOf(index: number): number {
    return Math.floor(index / WHOLE)
  }

  /** The index that a sequence number most likely stands for. */
  of(sequence: number): number {
    if (this.#highest < 0) return sequence
    const rollover = SrtpIndex.rolloverOf(this.#highest)
    const last = this.#highest % WHOLE
    if (last < HALF) {
      const isBefore = sequence - last > HALF && rollover > 0
      return (isBefore ? rollover - 1 : rollover) * WHOLE + sequence
    }
    return (last - HALF > sequence ? rollover + 1 : rollover) * WHOLE + sequence
  }

  /** Was accepted before, or is too old to tell. */
  isOld(index: number): boolean {
    return index <= this.#highest - WINDOW || this.#seen[index % WINDOW] === index
  }

  accept(index: number): void {
    this.#seen[index % WINDOW] = index
    if (index > this.#highest) this.#highest = index
  }
}
