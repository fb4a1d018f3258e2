import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { Avatar } from '../parts/avatar.tsx'
import { IconButton } from '../parts/button.tsx'
import { useApp } from '../parts/context.ts'
import { type CallView, isUp, stateWords } from '../store/call-view.ts'
import { formatNumber } from '../words/number.ts'
import { clockTime } from '../words/time.ts'
import { CallControls, type CallPanel } from './call-controls.tsx'
import { CallQuality, QualityBadge } from './call-quality.tsx'
import { OtherCalls } from './other-calls.tsx'
import { Tones } from './tones.tsx'
import { Transfer } from './transfer.tsx'
import { Volume } from './volume.tsx'

/** The call that is on. */
export function CallCard({ call }: { call: CallView }): JSX.Element {
  const { view, calls } = useApp()
  const panel = useSignal<CallPanel | undefined>(undefined)
  const open = isUp(call) ? panel.value : undefined
  const close = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') panel.value = undefined
  }
  const toggle = (wanted: CallPanel): void => {
    panel.value = panel.value === wanted ? undefined : wanted
  }
  return (
    <section
      class="call-card"
      aria-label="Current call"
      onKeyDown={close}
      data-compact={open !== undefined || calls.consults.value.has(call.id)}
    >
      <div class="call-top">
        <span class="narrow-only">
          <IconButton icon="back" label="Back" onClick={() => view.openCall(false)} />
        </span>
        <QualityBadge call={call} isOpen={open === 'quality'} onClick={() => toggle('quality')} />
      </div>
      <OtherCalls current={call} />
      <CallHead call={call} />
      {open === 'keys' && <Tones call={call} />}
      {open === 'transfer' && <Transfer call={call} done={() => toggle('transfer')} />}
      {open === 'quality' && <CallQuality call={call} />}
      {open === 'volume' && <Volume />}
      <CallControls call={call} panel={open} toggle={toggle} />
    </section>
  )
}

function CallHead({ call }: { call: CallView }): JSX.Element {
  const { nowMs, labelOf, calls } = useApp()
  const label = labelOf(call.party, call.displayName)
  const isMerged = calls.merged.value.has(call.id)
  const { answeredAt } = call
  const isQuiet = call.state === 'open' && !call.held && !call.heldByRemote
  const words = isMerged ? 'Conference' : isQuiet ? undefined : stateWords(call)
  const lasted = answeredAt && clockTime((nowMs.value - answeredAt.getTime()) / 1000)
  const parts = [words, lasted].filter((part) => part !== undefined)
  return (
    <div class="call-head" data-state={call.held ? 'held' : call.state}>
      <Avatar name={label} size="large" />
      <h1>{label}</h1>
      {label !== formatNumber(call.party) && <p class="muted number">{formatNumber(call.party)}</p>}
      <p class="call-state">{parts.join(' · ')}</p>
      {call.muted && <p class="muted-mark">Your microphone is muted</p>}
    </div>
  )
}
