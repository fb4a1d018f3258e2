import { type ReadonlySignal, signal } from '@preact/signals'

/** `ours`: this tab is the phone; `elsewhere`: another tab of this browser is. */
export type TabState = 'asking' | 'ours' | 'elsewhere'

/** Which tab of the browser is the phone: one at a time, so that only one rings. */
export interface TabStore {
  readonly state: ReadonlySignal<TabState>
  /** Asks to be the phone of that device. Gets it when no other tab has it, or when that one goes. */
  enter(username: string): void
  /** The other tab lets go, and this one becomes the phone. */
  claim(): void
  /** Whether this tab became the phone by claiming it; says so once. */
  takeClaim(): boolean
  leave(): void
}

interface Locks {
  request(
    name: string,
    options: { signal?: AbortSignal; ifAvailable?: boolean },
    holder: (lock: unknown) => Promise<void> | undefined,
  ): Promise<unknown>
}

interface Channel {
  postMessage(message: unknown): void
  addEventListener(name: 'message', told: (event: { data: unknown }) => void): void
}

/** `letGo` is called when another tab claims the phone: it unregisters, and keeps calls until they are taken. */
export function createTab(
  locks: Locks | undefined,
  channel: Channel | undefined,
  letGo: () => Promise<void>,
): TabStore {
  const state = signal<TabState>('asking')
  let name: string | undefined
  let release = (): void => undefined
  let waiting: AbortController | undefined
  let hasClaimed = false

  const held = (): Promise<void> => {
    state.value = 'ours'
    return new Promise((resolve) => {
      release = resolve
    })
  }
  const queue = (lock: string): void => {
    if (locks === undefined) return
    waiting = new AbortController()
    const { signal: ended } = waiting
    // Rejected when `leave` ends the wait.
    locks.request(lock, { signal: ended }, held).catch(() => undefined)
  }
  const askFirst = (lock: string): void => {
    if (locks === undefined) {
      state.value = 'ours'
      return
    }
    const isTaken = (got: unknown): Promise<void> | undefined => {
      if (got !== null) return held()
      state.value = 'elsewhere'
      queue(lock)
      return undefined
    }
    locks.request(lock, { ifAvailable: true }, isTaken).catch(() => undefined)
  }

  channel?.addEventListener('message', ({ data }) => {
    if (data !== claimOf(name) || state.peek() !== 'ours') return
    state.value = 'elsewhere'
    const letOthers = (): void => {
      release()
      if (name !== undefined) queue(lockOf(name))
    }
    letGo().then(letOthers, letOthers)
  })

  return {
    state,
    enter(username) {
      name = username
      state.value = 'asking'
      askFirst(lockOf(username))
    },
    claim() {
      hasClaimed = true
      channel?.postMessage(claimOf(name))
    },
    takeClaim() {
      const claimed = hasClaimed
      hasClaimed = false
      return claimed
    },
    leave() {
      name = undefined
      waiting?.abort()
      release()
      state.value = 'asking'
    },
  }
}

const lockOf = (name: string): string => `ringdown-phone:${name}`
const claimOf = (name: string | undefined): string => `claim:${name ?? ''}`
