import type { Clock } from '../../engine/core/clock.ts'

interface Timer {
  readonly atMs: number
  readonly run: () => void
}

/** A clock that stands still until it is told to advance. */
export class VirtualClock implements Clock {
  #nowMs = 1_800_000_000_000
  readonly #timers = new Set<Timer>()

  nowMs = (): number => this.#nowMs
  monotonicMs = (): number => this.#nowMs - 1_700_000_000_000

  after = (delayMs: number, run: () => void): (() => void) => {
    const timer = { atMs: this.#nowMs + delayMs, run }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  get pendingTimers(): number {
    return this.#timers.size
  }

  /** Runs every timer that falls due, in order, and lets promises settle after each. */
  async advance(durationMs: number): Promise<void> {
    const endMs = this.#nowMs + durationMs
    for (let timer = this.#next(endMs); timer; timer = this.#next(endMs)) {
      this.#timers.delete(timer)
      this.#nowMs = timer.atMs
      timer.run()
      await settle()
    }
    this.#nowMs = endMs
    await settle()
  }

  #next(endMs: number): Timer | undefined {
    let next: Timer | undefined
    for (const timer of this.#timers) {
      if (timer.atMs <= endMs && (!next || timer.atMs < next.atMs)) next = timer
    }
    return next
  }
}

/** Lets every promise that can settle without time passing do so. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
}
