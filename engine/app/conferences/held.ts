import type { LiveCall } from '../live-call.ts'
import type { Around } from './around.ts'

/** A call is on hold, or not any more: by its phone or by us. If it is in a conference, nobody there hears it meanwhile. */
export function settleHeld({ ports, calls }: Around, call: LiveCall): void {
  const place = calls.conferences.placeOf(call.id)
  place?.conference.later(async () => {
    const { member } = place
    if (member.isConnected && member.inRoom) await ports.media.changeMember(call.id, member.mixed)
  })
}
