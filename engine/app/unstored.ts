import type { Clock } from '../core/clock.ts'
import type { EventDraft } from '../core/events.ts'

/** What the store refuses is tried again after this, then after twice that, and so on; in all for two minutes. */
const refusedMs = 1_000
const mostRefusals = 8

/** Events of a call that the store has not taken yet: they go with its next commit, which comes soon for their sake. */
export class Unstored {
  readonly #clock: Pick<Clock, 'after'>
  readonly #again: () => void
  #events: readonly EventDraft[] = []
  #refusals = 0
  #disarm: (() => void) | undefined

  /** `again`: the call is to be stored once more. */
  constructor(clock: Pick<Clock, 'after'>, again: () => void) {
    this.#clock = clock
    this.#again = again
  }

  /** What is to be stored now: these last. */
  with(events: readonly EventDraft[]): readonly EventDraft[] {
    this.#disarm?.()
    this.#disarm = undefined
    const all = [...this.#events, ...events]
    this.#events = []
    return all
  }

  /** They have been taken. */
  stored(): void {
    this.#refusals = 0
  }

  /** They have not. Also of none something may have to be stored: the call's row. */
  refused(events: readonly EventDraft[]): void {
    this.#events = [...events, ...this.#events]
    const waitMs = refusedMs * 2 ** this.#refusals
    this.#refusals = Math.min(this.#refusals + 1, mostRefusals)
    if (this.#refusals === mostRefusals) return
    this.#disarm ??= this.#clock.after(waitMs, () => {
      this.#disarm = undefined
      this.#again()
    })
  }
}
