/** In how much time the same key comes the other way, if it does: jitter buffer and detector are slower than events. */
const MOST_APART_TICKS = 25
/** Keys that can wait for the other one of their pair. */
const PLACES = 16
const FREE = ''

/**
 * Peers may send a key twice, as an event (RFC 4733) and as tones. Told only once: each report waits for half a second
 * for the one that comes the other way, and takes it with it. Nothing is allocated.
 */
export class KeyPairs {
  readonly #digits: string[] = Array.from({ length: PLACES }, () => FREE)
  readonly #areTones = new Uint8Array(PLACES)
  readonly #untilTick = new Float64Array(PLACES)
  #tick = 0
  #next = 0

  /** Time goes on by a tick (20 ms). */
  tick(): void {
    this.#tick += 1
  }

  /** False when the key was told of before, as it came the other way. */
  isNews(digit: string, isTone: boolean): boolean {
    for (let at = 0; at < PLACES; at++) {
      if (this.#digits[at] !== digit || this.#areTones[at] === Number(isTone)) continue
      this.#digits[at] = FREE
      if (this.#untilTick[at]! >= this.#tick) return false
    }
    const at = this.#next
    this.#next = (at + 1) % PLACES
    this.#digits[at] = digit
    this.#areTones[at] = Number(isTone)
    this.#untilTick[at] = this.#tick + MOST_APART_TICKS
    return true
  }
}
