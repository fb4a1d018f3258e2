import type { LiveConference } from './live-conference.ts'
import type { Member } from './member.ts'

/** Hangs a member up, or gives up calling him. Resolves when he has left. */
export async function kick(conference: LiveConference, member: Member): Promise<void> {
  member.leaving = 'kicked'
  member.call.feed({ is: 'hangup', by: 'api' })
  if (conference.members.get(member.call.id) === member) await member.left.promise
}
