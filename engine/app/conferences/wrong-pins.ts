import type { Clock } from '../../core/clock.ts'

/** What was entered wrongly is forgotten after this, counted from the last time. */
const forgottenMs = 600_000
/** Three calls with three tries each. */
const mostWrong = 9
/** Callers that are remembered. */
const mostCallers = 10_000

/** Who has entered wrong PINs, so that nobody finds one by trying them all, call by call. */
export class WrongPins {
  readonly #clock: Pick<Clock, 'monotonicMs'>
  /** The one who was wrong last stands last. */
  readonly #callers = new Map<string, { count: number; atMs: number }>()

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock
  }

  /** He has been wrong too often, and is asked no more for a while. */
  isBarred(caller: string): boolean {
    this.#forget()
    return (this.#callers.get(caller)?.count ?? 0) >= mostWrong
  }

  entered(caller: string, isRight: boolean): void {
    this.#forget()
    const count = (this.#callers.get(caller)?.count ?? 0) + 1
    this.#callers.delete(caller)
    if (!isRight) this.#callers.set(caller, { count, atMs: this.#clock.monotonicMs() })
  }

  #forget(): void {
    const oldestMs = this.#clock.monotonicMs() - forgottenMs
    for (const [caller, { atMs }] of this.#callers) {
      if (atMs > oldestMs && this.#callers.size < mostCallers) return
      this.#callers.delete(caller)
    }
  }
}
