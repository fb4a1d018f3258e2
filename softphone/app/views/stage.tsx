import type { JSX } from 'preact'
import { useApp } from '../parts/context.ts'
import { CallCard } from './call-card.tsx'
import { EndedCard } from './ended-card.tsx'
import { Idle } from './idle.tsx'

/** The place of the call: the one that is on, how the last one ended, or that all is quiet. */
export function Stage(): JSX.Element {
  const { calls } = useApp()
  const call = calls.focused.value
  const ended = calls.ended.value
  return (
    <section class="stage" aria-label="Call">
      {call && <CallCard key={call.id} call={call} />}
      {!call && ended && <EndedCard ended={ended} />}
      {!call && !ended && <Idle />}
    </section>
  )
}
