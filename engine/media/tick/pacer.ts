import { Histogram } from './histogram.ts'

interface PacerClock {
  /** Monotonic, with fractions of a millisecond. */
  nowMs(): number
  after(delayMs: number, run: () => void): () => void
}

export interface PacedWork {
  /** `dueMs` is when the tick should have been: whole milliseconds, one interval after the last. */
  tick(dueMs: number): void
  /** So many ticks are left out for good. */
  skip(ticks: number): void
}

/** A stall longer than this is not made up for: the time is left out and counted. */
const MOST_CATCH_UP_TICKS = 10
/** Timers work in whole milliseconds; a tick that early does no harm, one more timer would. */
const EARLY_MS = 1

/**
 * Calls `tick` every `intervalMs` on average, without drift: each wait goes to an absolute deadline.
 * (An interval timer runs 0.8 % slow.)
 */
export class Pacer {
  readonly lateness = new Histogram()
  /** Ticks left out after a stall. */
  skipped = 0
  readonly #clock: PacerClock
  readonly #intervalMs: number
  readonly #work: PacedWork
  #deadlineMs = 0
  #disarm: (() => void) | undefined

  constructor(intervalMs: number, clock: PacerClock, work: PacedWork) {
    this.#intervalMs = intervalMs
    this.#clock = clock
    this.#work = work
  }

  start(): void {
    if (this.#disarm) return
    this.#deadlineMs = Math.ceil(this.#clock.nowMs()) + this.#intervalMs
    this.#arm()
  }

  stop(): void {
    this.#disarm?.()
    this.#disarm = undefined
  }

  #arm(): void {
    const waitMs = Math.max(0, Math.floor(this.#deadlineMs - this.#clock.nowMs()))
    this.#disarm = this.#clock.after(waitMs, this.#wake)
  }

  readonly #wake = (): void => {
    let nowMs = this.#clock.nowMs()
    for (let n = 0; n < MOST_CATCH_UP_TICKS && nowMs >= this.#deadlineMs - EARLY_MS; n++) {
      const dueMs = this.#deadlineMs
      this.lateness.add(nowMs - dueMs)
      this.#deadlineMs += this.#intervalMs
      this.#work.tick(dueMs)
      nowMs = this.#clock.nowMs()
    }
    this.#skipStall(nowMs)
    if (this.#disarm) this.#arm()
  }

  #skipStall(nowMs: number): void {
    const behind = Math.floor((nowMs - this.#deadlineMs) / this.#intervalMs)
    if (behind <= 0) return
    this.skipped += behind
    this.#deadlineMs += behind * this.#intervalMs
    this.#work.skip(behind)
  }
}
