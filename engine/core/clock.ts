/**
 * Time as a port. `nowMs` is wall time (Unix milliseconds) for records, `monotonicMs` never jumps and
 * is what durations and timers use. `after` returns a function that disarms the timer.
 */
export interface Clock {
  nowMs(): number
  monotonicMs(): number
  after(delayMs: number, run: () => void): () => void
}

/** Fresh identifiers as a port, so that tests are repeatable. */
export interface Ids {
  uuid(): string
}
