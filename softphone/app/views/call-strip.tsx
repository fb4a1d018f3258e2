import type { JSX } from 'preact'
import { useApp } from '../parts/context.ts'
import { Icon } from '../parts/icons.tsx'
import { stateWords } from '../store/call-view.ts'
import { clockTime } from '../words/time.ts'

/** On narrow screens: the way back to the call while another view is open. */
export function CallStrip(): JSX.Element | null {
  const { calls, view, nowMs, labelOf } = useApp()
  const call = calls.focused.value
  if (call === undefined || view.isCallOpen.value) return null
  const { answeredAt } = call
  const time = answeredAt && clockTime((nowMs.value - answeredAt.getTime()) / 1000)
  return (
    <button class="call-strip" type="button" onClick={() => view.openCall(true)}>
      <Icon name="phone" size={18} />
      <span>Back to {labelOf(call.party, call.displayName)}</span>
      <span>{time ?? stateWords(call)}</span>
    </button>
  )
}
