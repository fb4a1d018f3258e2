/** A key costs this much time: 20 keys a second in the long run, far more than a hand can press. */
const KEY_COST_MS = 50
/** Keys that may come all at once, after a quiet time. */
const MOST_KEYS = 32

/**
 * How many keys a peer may press. Each packet of a telephone event can claim to be a press of its own,
 * and each press is a message to the main thread; so they are bounded here.
 */
export class KeyCredit {
  /** Time saved up; whole milliseconds. */
  #savedMs = KEY_COST_MS * MOST_KEYS
  #lastMs: number

  constructor(nowMs: number) {
    this.#lastMs = nowMs
  }

  /** Pays for one key; false when there is no credit for it. */
  pay(nowMs: number): boolean {
    const passedMs = Math.max(0, nowMs - this.#lastMs)
    this.#lastMs = nowMs
    this.#savedMs = Math.min(KEY_COST_MS * MOST_KEYS, this.#savedMs + passedMs)
    if (this.#savedMs < KEY_COST_MS) return false
    this.#savedMs -= KEY_COST_MS
    return true
  }
}
