import type { JSX } from 'preact'
import { Button, IconButton } from '../parts/button.tsx'
import { useApp } from '../parts/context.ts'
import { type CallView, isUp, isWaiting, stateWords } from '../store/call-view.ts'
import { clockTime } from '../words/time.ts'

/** The calls beside the one that is shown: swap to them, end them, or talk with all. */
export function OtherCalls({ current }: { current: CallView }): JSX.Element | null {
  const { calls, notices } = useApp()
  const others = calls.views.value.filter((call) => call.id !== current.id && !isWaiting(call))
  if (others.length === 0) return null
  const merged = calls.merged.value
  const canMerge = isUp(current) && others.every(isUp) && others.some(({ id }) => !merged.has(id))
  return (
    <section class="other-calls" aria-label="Other calls">
      <ul>
        {others.map((call) => (
          <OtherCall key={call.id} call={call} isMerged={merged.has(call.id)} />
        ))}
      </ul>
      {canMerge && (
        <Button icon="merge" onClick={() => notices.attempt(() => calls.merge())}>
          Merge calls
        </Button>
      )}
    </section>
  )
}

function OtherCall({ call, isMerged }: { call: CallView; isMerged: boolean }): JSX.Element {
  const { calls, notices, labelOf, nowMs } = useApp()
  const label = labelOf(call.party, call.displayName)
  const { answeredAt } = call
  const lasted = answeredAt && clockTime((nowMs.value - answeredAt.getTime()) / 1000)
  const words = [isMerged ? 'In the conference' : stateWords(call), lasted]
  return (
    <li class="other-call" data-held={call.held}>
      <span class="row-text">
        <span>{label}</span>
        <span class="muted">{words.filter((part) => part !== undefined).join(' · ')}</span>
      </span>
      {isMerged ? (
        <Button onClick={() => calls.focus(call.id)}>Show</Button>
      ) : (
        <Button
          icon="swap"
          disabled={!isUp(call)}
          onClick={() => notices.attempt(() => calls.swapTo(call.id))}
        >
          Swap
        </Button>
      )}
      <IconButton
        icon="hangup"
        kind="danger"
        label={`Hang up on ${label}`}
        onClick={() => notices.attempt(() => calls.hangup(call.id))}
      />
    </li>
  )
}
