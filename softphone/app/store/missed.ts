import { computed, effect, type ReadonlySignal, signal } from '@preact/signals'
import type { RecentCall } from '../api/shapes.ts'
import { isMissed } from '../words/outcome.ts'

export interface MissedNeeds {
  readonly calls: ReadonlySignal<readonly RecentCall[]>
  /** Who is signed in. */
  readonly username: ReadonlySignal<string | undefined>
  /** Whether the list of recent calls is what the user sees. */
  readonly isLooking: ReadonlySignal<boolean>
}

const key = 'ringdown.missed-seen'

/** How many calls were missed since this user last looked at the recent calls in this browser. */
export function createMissed(
  { calls, username, isLooking }: MissedNeeds,
  storage: Pick<Storage, 'getItem' | 'setItem'>,
): ReadonlySignal<number> {
  const seen = signal(readSeen(storage.getItem(key)))
  const timesMs = computed(() =>
    calls.value.filter(isMissed).map(({ startedAt }) => startedAt.getTime()),
  )
  const untilMs = (user: string): number => seen.value[user] ?? 0
  effect(() => {
    const user = username.value
    if (user === undefined || !isLooking.value) return
    const newestMs = Math.max(0, ...timesMs.value)
    if (newestMs <= untilMs(user)) return
    seen.value = { ...seen.peek(), [user]: newestMs }
    storage.setItem(key, JSON.stringify(seen.peek()))
  })
  return computed(() => {
    const user = username.value
    if (user === undefined) return 0
    return timesMs.value.filter((timeMs) => timeMs > untilMs(user)).length
  })
}

/** By user name, in milliseconds since 1970; what can not be read is as if nobody ever looked. */
function readSeen(text: string | null): Readonly<Record<string, number>> {
  try {
    const kept: unknown = JSON.parse(text ?? '{}')
    const entries = typeof kept === 'object' && kept !== null ? Object.entries(kept) : []
    return Object.fromEntries(entries.filter(([, timeMs]) => typeof timeMs === 'number'))
  } catch {
    return {}
  }
}
