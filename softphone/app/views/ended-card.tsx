import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { Avatar } from '../parts/avatar.tsx'
import { Button } from '../parts/button.tsx'
import { useApp } from '../parts/context.ts'
import type { EndedCall } from '../store/call-view.ts'
import { endWords } from '../words/outcome.ts'
import { clockTime } from '../words/time.ts'

const goodForMs = 5000

/** How the last call ended. A good end goes away by itself; a bad one stays until it was read. */
export function EndedCard({ ended }: { ended: EndedCall }): JSX.Element {
  const { calls, dial, labelOf, phone } = useApp()
  const { party, displayName, direction, answeredAt, endedAt, end } = ended
  const words = endWords(end, answeredAt !== undefined, direction === 'incoming', party)
  const label = labelOf(party, displayName)
  const lasted = answeredAt && clockTime((endedAt.getTime() - answeredAt.getTime()) / 1000)
  useEffect(() => {
    if (!words.isGood) return undefined
    const timer = setTimeout(() => calls.dismissEnded(), goodForMs)
    return () => clearTimeout(timer)
  }, [ended, words.isGood, calls])
  return (
    <section class="call-card ended" aria-label="Ended call">
      <div class="call-head">
        <Avatar name={label} size="large" />
        <h1>{label}</h1>
        <p class="call-state" data-good={words.isGood}>
          {words.title}
          {lasted && <span class="muted"> · {lasted}</span>}
        </p>
        {words.detail !== '' && <p class="muted">{words.detail}</p>}
      </div>
      <div class="ended-actions">
        <Button
          kind="call"
          icon="phone"
          disabled={phone.connection.value.at !== 'ready'}
          onClick={() => dial(party)}
        >
          Call again
        </Button>
        <Button onClick={() => calls.dismissEnded()}>Close</Button>
      </div>
    </section>
  )
}
