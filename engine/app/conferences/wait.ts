import { roomOptions } from '../../core/conference-member.ts'
import type { Around } from './around.ts'
import type { LiveConference } from './live-conference.ts'
import type { Member } from './member.ts'
import { settleMusic } from './music.ts'

/**
 * Brings every member to where he belongs: into the room as soon as there is a moderator, if one is waited for;
 * to the music while there is none, or while he is alone. From inside a job.
 */
export async function settleWaits(around: Around, conference: LiveConference): Promise<void> {
  const connected = conference.connected()
  if (!conference.record.options.startOnModerator) conference.isOpen = true
  if (connected.some(({ options }) => options.moderator)) conference.isOpen = true
  const { isOpen } = conference
  const isAlone = connected.length === 1
  for (const member of connected) {
    const waiting = !isOpen || isAlone
    if (member.waiting !== waiting) {
      member.waiting = waiting
      conference.follow.memberChanged(member.call.id)
    }
    if (isOpen && !member.inRoom) await bringIn(around, conference, member)
    settleMusic(around.ports, conference, member)
  }
}

/** Puts a leg into the room, which is opened for the first one. */
export async function bringIn(
  { ports }: Around,
  conference: LiveConference,
  member: Member,
  options = member.mixed,
): Promise<void> {
  const { media, log } = ports
  try {
    if (!conference.roomIsOpen) {
      await media.openRoom(conference.id, roomOptions(conference.record.options))
      conference.roomIsOpen = true
    }
    await media.joinRoom(conference.id, member.call.id, options)
    member.inRoom = true
  } catch (error) {
    // His leg is closed: that his call is over will be told.
    const callId = member.call.id
    log.warn('not brought into the conference', { callId, error: String(error) })
  }
}
