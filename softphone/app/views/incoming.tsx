import type { JSX } from 'preact'
import { useLayoutEffect } from 'preact/hooks'
import { Avatar } from '../parts/avatar.tsx'
import { Button } from '../parts/button.tsx'
import { useApp } from '../parts/context.ts'
import type { CallView } from '../store/call-view.ts'
import { isWaiting } from '../store/call-view.ts'
import { formatNumber } from '../words/number.ts'

/** Calls that ring here, over everything else. */
export function IncomingCalls(): JSX.Element {
  const { calls } = useApp()
  const waiting = calls.waiting.value
  return (
    <div class="incoming-stack">
      {waiting.map((view, index) => (
        <Incoming key={view.id} view={view} isFirst={index === 0} />
      ))}
    </div>
  )
}

function Incoming({ view, isFirst }: { view: CallView; isFirst: boolean }): JSX.Element {
  const { calls, notices, labelOf, view: page } = useApp()
  const label = labelOf(view.party, view.displayName)
  const isTalking = calls.views.value.some((other) => !isWaiting(other))
  const accept = (others: 'hold' | 'end'): void =>
    notices.attempt(async () => {
      page.openCall(true)
      await calls.accept(view.id, others)
    })
  const decline = (): void => notices.attempt(() => calls.decline(view.id))
  useShortcuts(isFirst, () => accept('hold'), decline)
  return (
    <section
      class="incoming"
      role="alertdialog"
      aria-label={`Incoming call from ${label}`}
      aria-describedby={`incoming-${view.id}`}
    >
      <Avatar name={label} size="large" />
      <div class="incoming-text" id={`incoming-${view.id}`}>
        <span class="muted">Incoming call</span>
        <strong>{label}</strong>
        {label !== view.party && <span class="muted">{formatNumber(view.party)}</span>}
      </div>
      <div class="incoming-actions">
        <Button kind="danger" icon="hangup" onClick={decline}>
          Decline
        </Button>
        {isTalking && <Button onClick={() => accept('end')}>End and accept</Button>}
        <Button kind="call" icon="phone" onClick={() => accept('hold')}>
          {isTalking ? 'Hold and accept' : 'Accept'}
        </Button>
      </div>
      <p class="hint shortcuts">Alt+A accepts, Alt+D declines.</p>
    </section>
  )
}

/** By keyboard from anywhere on the page; with Alt, so that nothing that is being typed is lost. */
function useShortcuts(isFirst: boolean, accept: () => void, decline: () => void): void {
  useLayoutEffect(() => {
    if (!isFirst) return undefined
    const pressed = (event: KeyboardEvent): void => {
      if (!event.altKey || event.ctrlKey || event.metaKey) return
      const action = { KeyA: accept, KeyD: decline }[event.code]
      if (action === undefined) return
      event.preventDefault()
      action()
    }
    document.addEventListener('keydown', pressed)
    return () => document.removeEventListener('keydown', pressed)
  })
}
