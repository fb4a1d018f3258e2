import { type ReadonlySignal, signal } from '@preact/signals'
import type { Engine } from '../api/engine.ts'
import type { Session } from '../api/shapes.ts'

export type SessionState =
  | { readonly at: 'out'; readonly problem: unknown }
  | { readonly at: 'signing-in' }
  | { readonly at: 'in'; readonly session: Session; readonly isRestored: boolean }

/** Who is signed in. The token is kept for this tab only; the password is never kept. */
export interface SessionStore {
  readonly state: ReadonlySignal<SessionState>
  signIn(username: string, password: string): Promise<void>
  /** Another token while the old one is still good. */
  renew(): Promise<Session>
  /** `problem`: why, when it was not the user who wanted it. */
  signOut(problem?: unknown): void
}

const key = 'ringdown.session'

export function createSession(
  engine: Pick<Engine, 'signIn' | 'renew'>,
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>,
  nowMs: () => number,
): SessionStore {
  const kept = readKept(storage.getItem(key), nowMs())
  const state = signal<SessionState>(
    kept ? { at: 'in', session: kept, isRestored: true } : { at: 'out', problem: undefined },
  )
  const enter = (session: Session, isRestored: boolean): void => {
    storage.setItem(key, JSON.stringify(session))
    state.value = { at: 'in', session, isRestored }
  }
  return {
    state,
    async signIn(username, password) {
      state.value = { at: 'signing-in' }
      try {
        enter(await engine.signIn(username, password), false)
      } catch (problem) {
        state.value = { at: 'out', problem }
      }
    },
    async renew() {
      const now = state.peek()
      if (now.at !== 'in') throw new Error('Nobody is signed in.')
      const session = await engine.renew(now.session)
      enter(session, now.isRestored)
      return session
    },
    signOut(problem) {
      storage.removeItem(key)
      state.value = { at: 'out', problem }
    },
  }
}

/** What this tab kept, when it is whole and still good for a while. */
export function readKept(text: string | null, nowMs: number): Session | undefined {
  try {
    const kept = JSON.parse(text ?? 'null') as Partial<Session> | null
    if (kept === null) return undefined
    const { token, username, displayName, expiresAtMs } = kept
    const isWhole = [token, username, displayName].every((field) => typeof field === 'string')
    if (!isWhole || typeof expiresAtMs !== 'number' || expiresAtMs < nowMs + 5000) return undefined
    return kept as Session
  } catch {
    return undefined
  }
}
