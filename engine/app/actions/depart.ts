import { Failure } from '../../core/failures.ts'
import type { Around } from '../conferences/around.ts'
import { leave } from '../conferences/leave.ts'
import type { LiveCall } from '../live-call.ts'

/**
 * Failure `call_busy` for a call of which a transfer has not come to its end: it may not be taken elsewhere before
 * that is known, nor the one that it talks to, nor the one that it is to talk to after an attended one.
 */
export function requireFree(call: LiveCall): void {
  if (!call.bridge?.kept && !call.acts.consultation) return
  throw new Failure('call_busy', 'the call is being transferred')
}

/** Takes a call out of its bridge; whoever it talked to goes on as after the end of their talk. */
export function depart(call: LiveCall): void {
  requireFree(call)
  call.bridge?.depart(call)
}

/** Once its program there is replaced: resolves when nobody of a conference hears the call any more. */
export async function leaveConference(around: Around, call: LiveCall): Promise<void> {
  const place = around.calls.conferences.placeOf(call.id)
  if (!place) return
  const { conference, member } = place
  await conference.enqueue(() => leave(around, conference, member, 'moved'))
}
