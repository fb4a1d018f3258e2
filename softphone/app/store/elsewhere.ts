import type { RecentCall } from '../api/shapes.ts'
import type { CallView } from './call-view.ts'

/** Calls of this device that are up, but not in this tab: on another phone or tab, or parked by the engine. */
export const elsewhereOf = (
  calls: readonly RecentCall[],
  views: readonly Pick<CallView, 'id'>[],
): readonly RecentCall[] =>
  calls.filter(
    ({ isUp, sipCallId }) =>
      isUp && sipCallId !== null && !views.some(({ id }) => id.startsWith(sipCallId)),
  )

const key = 'ringdown.calls'

type Kept = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

/** Notes in the tab's storage which calls it has, so that after a reload it takes those back by itself. */
export function noteCalls(storage: Kept, views: readonly Pick<CallView, 'id'>[]): void {
  if (views.length === 0) storage.removeItem(key)
  else storage.setItem(key, JSON.stringify(views.map(({ id }) => id)))
}

/** SIP Call-IDs (with what the SDK appends) that this tab had before it was loaded anew. */
export function notedCalls(storage: Kept): readonly string[] {
  try {
    const noted: unknown = JSON.parse(storage.getItem(key) ?? '[]')
    return Array.isArray(noted) ? noted.filter((id) => typeof id === 'string') : []
  } catch {
    return []
  }
}

/** Those of `calls` that this tab had. */
export const hadHere = (
  calls: readonly RecentCall[],
  noted: readonly string[],
): readonly RecentCall[] =>
  calls.filter(
    ({ sipCallId }) => sipCallId !== null && noted.some((id) => id.startsWith(sipCallId)),
  )
