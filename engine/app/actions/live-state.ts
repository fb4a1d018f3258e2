import type { CallId } from '../../core/ids.ts'
import type { LiveCalls } from '../live-calls.ts'
import { type ShownMode, shownMode } from '../recordings/mode.ts'

/** What goes on in a call just now; none of it is stored. */
export interface LiveState {
  /** Its phone is not heard. */
  readonly isMuted: boolean
  /** Its phone hears nobody. */
  readonly isDeaf: boolean
  /** By us, by its phone, or both. */
  readonly isHeld: boolean
  /** The slot that it is parked on; null: none. */
  readonly slot: string | null
  /** The call that it talks to; null: none, or those of a conference. */
  readonly talksTo: CallId | null
  readonly recording: ShownMode | null
  /** Somebody listens in. */
  readonly isListenedTo: boolean
}

/** Undefined: the call is over. */
export function liveStateOf(calls: LiveCalls, id: CallId): LiveState | undefined {
  const call = calls.get(id)
  if (call === undefined || call.state.at === 'ended') return undefined
  const { acts, hold } = call
  return {
    ...{ isMuted: acts.mutes.muted, isDeaf: acts.mutes.deaf, isHeld: hold.byUs || hold.byPhone },
    slot: acts.place?.slot ?? null,
    talksTo: call.partner?.id ?? null,
    recording: call.recording ? shownMode(call.recording.mode) : null,
    isListenedTo: acts.room !== undefined,
  }
}
