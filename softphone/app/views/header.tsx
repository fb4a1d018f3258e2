import type { JSX } from 'preact'
import { IconButton } from '../parts/button.tsx'
import { useApp } from '../parts/context.ts'
import type { Connection } from '../store/phone.ts'
import { secondsUntil } from '../words/time.ts'

/** Whose phone this is and whether it can be called. */
export function Header(): JSX.Element {
  const { session, phone, tab, nowMs } = useApp()
  const state = session.state.value
  if (state.at !== 'in') return <header class="header" />
  const { displayName, username } = state.session
  const isElsewhere = tab.state.value === 'elsewhere'
  const connection = phone.connection.value
  const line = isElsewhere ? 'In another tab' : connectionWords(connection, nowMs.value)
  return (
    <header class="header">
      <div class="who">
        <strong>{displayName}</strong>
        {displayName !== username && <span class="muted">{username}</span>}
      </div>
      <span class="status" role="status" data-at={isElsewhere ? 'elsewhere' : connection.at}>
        {line}
      </span>
      <IconButton icon="signOut" label="Sign out" onClick={() => session.signOut()} />
    </header>
  )
}

export function connectionWords(connection: Connection, nowMs: number): string {
  switch (connection.at) {
    case 'off':
      return 'Off'
    case 'starting':
      return 'Connecting…'
    case 'ready':
      return 'Ready'
    case 'lost': {
      const left = secondsUntil(connection.nextTryAtMs ?? nowMs, nowMs)
      return left > 0 ? `Offline · ${left} s` : 'Offline, trying…'
    }
  }
}
