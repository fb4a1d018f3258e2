import { type Json, text } from './api/json.ts'

/** How a call stands, as its log tells: there is no field of it. */
export interface CallState {
  readonly isMuted: boolean
  readonly isHeld: boolean
  readonly recording: 'off' | 'on' | 'paused'
  /** How many listen in. */
  readonly listeners: number
}

const nothing: CallState = { isMuted: false, isHeld: false, recording: 'off', listeners: 0 }

export function stateOf(events: readonly Json[], callId: string): CallState {
  let state = nothing
  for (const event of events) {
    if (text(event, 'call_id') === callId) state = { ...state, ...changeBy(event, state) }
  }
  return state
}

function changeBy(event: Json, { listeners }: CallState): Partial<CallState> {
  switch (text(event, 'type')) {
    case 'call.muted':
      return { isMuted: true }
    case 'call.unmuted':
      return { isMuted: false }
    case 'call.held':
      return { isHeld: true }
    case 'call.resumed':
      return { isHeld: false }
    case 'recording.started':
    case 'recording.resumed':
      return { recording: 'on' }
    case 'recording.paused':
      return { recording: 'paused' }
    case 'recording.completed':
    case 'recording.failed':
    case 'recording.discarded':
      return { recording: 'off' }
    case 'call.listened':
      return { listeners: listeners + 1 }
    case 'call.unlistened':
      return { listeners: Math.max(0, listeners - 1) }
    default:
      return {}
  }
}
