import type { ParticipantOptions } from '../../core/conference.ts'
import type { ConferenceEventType } from '../../core/events.ts'
import type { ToldConference } from '../../core/ports/conferences.ts'
import type { Around } from './around.ts'
import type { LiveConference } from './live-conference.ts'
import type { Member } from './member.ts'
import { checkParticipant } from './participant-options.ts'
import { settleWaits } from './wait.ts'

/** What holds for a member from now on; from inside a job. Failure `invalid_request`. */
export async function changeParticipant(
  around: Around,
  conference: LiveConference,
  member: Member,
  options: Partial<ParticipantOptions>,
): Promise<void> {
  checkParticipant(conference, member.call.id, options)
  const told = [
    ...(await pairUp(around, conference, member, options)),
    ...(await set(around, conference, member, options)),
  ]
  if (told.length > 0) await conference.commit(told)
  // A moderator opens the room, hold plays music.
  await settleWaits(around, conference)
}

/** A private talk is of two: whoever talked to one of them alone talks to all again. */
async function pairUp(
  around: Around,
  conference: LiveConference,
  member: Member,
  { privateWith }: Partial<ParticipantOptions>,
): Promise<ToldConference[]> {
  if (privateWith === undefined || privateWith === member.options.privateWith) return []
  const told: ToldConference[] = []
  const two = [member.call.id, privateWith]
  for (const other of conference.members.values()) {
    if (other === member) continue
    const isPartner = other.call.id === privateWith
    const partner = isPartner ? member.call.id : null
    const wasOfThem = two.includes(other.options.privateWith)
    if (!isPartner && !wasOfThem) continue
    told.push(...(await set(around, conference, other, { privateWith: partner })))
  }
  return told
}

async function set(
  { ports }: Around,
  conference: LiveConference,
  member: Member,
  options: Partial<ParticipantOptions>,
): Promise<ToldConference[]> {
  const before = member.options
  const after = { ...before, ...options }
  const changed = (Object.keys(options) as (keyof ParticipantOptions)[]).filter(
    (name) => before[name] !== after[name],
  )
  if (changed.length === 0) return []
  member.options = after
  if (member.inRoom) await ports.media.changeMember(member.call.id, member.mixed)
  conference.follow.memberChanged(member.call.id)
  const others = changed.filter((name) => name !== 'muted' && name !== 'hold')
  const types: ConferenceEventType[] = []
  if (changed.includes('muted')) types.push(after.muted ? 'participant.muted' : unmuted)
  if (changed.includes('hold')) types.push(after.hold ? 'participant.held' : 'participant.resumed')
  const told = types.map((type) => conference.told(type, {}, member))
  if (others.length === 0) return told
  const values = Object.fromEntries(others.map((name) => [name, after[name]]))
  return [...told, conference.told('participant.changed', values, member)]
}

const unmuted = 'participant.unmuted'
