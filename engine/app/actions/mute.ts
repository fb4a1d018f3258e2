import type { CallRecord } from '../../core/call.ts'
import type { AccountId, CallId } from '../../core/ids.ts'
import type { Mutes } from '../../core/ports/media.ts'
import type { Around } from '../conferences/around.ts'
import { requireStillUp, requireUp } from '../find-call.ts'
import { inTurn } from '../in-turn.ts'
import type { LiveCall } from '../live-call.ts'

/** What its phone says, what it hears, or both. */
export const mutables = ['says', 'hears', 'both'] as const
export type Mutable = (typeof mutables)[number]

/**
 * Mutes a call in a direction, whomever it talks to, or ends that; what is so already stays. Failures `not_found`,
 * `call_ended`, `call_not_answered`.
 */
export async function muteCall(
  { ports, calls }: Around,
  account: AccountId,
  id: CallId,
  what: Mutable,
  isMuted: boolean,
): Promise<CallRecord> {
  const call = await requireUp(ports, calls, account, id)
  await setMutes({ ports, calls }, call, what, isMuted)
  return call.record
}

export function setMutes(
  { ports }: Around,
  call: LiveCall,
  what: Mutable,
  isMuted: boolean,
): Promise<void> {
  return inTurn(call, async () => {
    requireStillUp(call)
    const before = call.acts.mutes
    const after: Mutes = {
      muted: what === 'hears' ? before.muted : isMuted,
      deaf: what === 'says' ? before.deaf : isMuted,
    }
    if (after.muted === before.muted && after.deaf === before.deaf) return
    await ports.media.mute(call.id, after)
    call.acts.mutes = after
    const now = { says: after.muted, hears: after.deaf }
    await call.note(isMuted ? 'call.muted' : 'call.unmuted', now)
  })
}
