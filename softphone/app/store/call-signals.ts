import { computed, signal } from '@preact/signals'
import type { Quality } from '../../device/types.ts'
import { type CallView, type EndedCall, focusedOf, isWaiting } from './call-view.ts'

/** Seconds that the plot of a call's quality reaches back. */
export const historyS = 60

/** What is known about the calls of this tab. */
export function createCallSignals() {
  const views = signal<readonly CallView[]>([])
  const focusedId = signal<string | undefined>(undefined)
  const merged = signal<ReadonlySet<string>>(new Set())
  const ended = signal<EndedCall | undefined>(undefined)
  const history = signal<ReadonlyMap<string, readonly Quality[]>>(new Map())
  const consults = signal<ReadonlyMap<string, string>>(new Map())
  return {
    ...{ views, focusedId, merged, ended, history, consults },
    focused: computed(() => focusedOf(views.value, focusedId.value)),
    waiting: computed(() => views.value.filter(isWaiting)),
    record(id: string, quality: Quality): void {
      const before = history.peek().get(id) ?? []
      history.value = new Map([...history.peek(), [id, [...before, quality].slice(-historyS)]])
    },
    forget(id: string): void {
      const together = [...merged.peek()].filter((each) => each !== id)
      merged.value = new Set(together.length > 1 ? together : [])
      history.value = new Map([...history.peek()].filter(([each]) => each !== id))
      consults.value = new Map(
        [...consults.peek()].filter(([consultation, first]) => ![consultation, first].includes(id)),
      )
    },
  }
}

export type CallSignals = ReturnType<typeof createCallSignals>
