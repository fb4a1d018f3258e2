import type { CallId } from '../../core/ids.ts'
import type { ToldConference } from '../../core/ports/conferences.ts'
import type { Ports } from '../ports.ts'
import type { Around } from './around.ts'
import { soundsOfGoing } from './door-sounds.ts'
import type { LiveConference } from './live-conference.ts'
import type { LeaveReason, Member } from './member.ts'
import { stopMusic } from './music.ts'
import { settleWaits } from './wait.ts'

/** A name is heard once more after its owner has gone. */
const nameKeptMs = 60_000

/** Takes somebody out; from inside a job. Whoever is not there any more is left alone. */
export async function leave(
  around: Around,
  conference: LiveConference,
  member: Member,
  reason: LeaveReason,
): Promise<void> {
  if (conference.members.get(member.call.id) !== member) return
  const wasConnected = member.isConnected
  const told = await takeOut(around, conference, member, wasConnected ? reason : 'not_connected')
  // What is recorded of him is what he says here.
  if (member.recording) void member.call.finishRecording()
  if (wasConnected) await afterwards(around, conference, member, told)
  else await conference.commit(told)
  member.left.resolve(reason)
}

/** What has to be told of it. */
export async function takeOut(
  { ports, calls }: Around,
  conference: LiveConference,
  member: Member,
  reason: LeaveReason,
): Promise<readonly ToldConference[]> {
  const { call } = member
  const silenced = fallSilent(conference, member)
  conference.members.delete(call.id)
  calls.conferences.unseat(member)
  conference.follow.memberGone(call.id)
  conference.follow.conferenceChanged()
  stopMusic(ports, member)
  member.announcement = undefined
  member.status = member.isConnected ? 'complete' : 'failed'
  member.entered.resolve(false)
  if (member.inRoom) await outOfRoom(ports, call.id)
  member.inRoom = false
  const path = member.namePath
  if (path !== undefined) ports.clock.after(nameKeptMs, () => discard({ ports }, path))
  return [...silenced, farewell(conference, member, reason)]
}

/** Of who has never been there: why not, as his call says. */
function farewell(conference: LiveConference, member: Member, reason: LeaveReason): ToldConference {
  const { status: callStatus, endReason } = member.call.record
  if (member.status === 'complete') {
    return conference.told('participant.left', { reason, callStatus }, member)
  }
  const why = { reason: endReason ?? reason, callStatus }
  return conference.told('participant.failed', why, member)
}

/** Whoever goes in the middle of a word has ceased to speak. */
function fallSilent(conference: LiveConference, member: Member): ToldConference[] {
  const { speaking, call } = member
  member.speaking = false
  const told = speaking ? [conference.told('participant.speaking-stopped', {}, member)] : []
  if (conference.activeSpeaker !== call.id) return told
  conference.activeSpeaker = null
  return [...told, conference.told('conference.active-speaker', { callId: null })]
}

/** Whatever goes wrong there, for us he has left. */
async function outOfRoom({ media, log }: Ports, callId: CallId): Promise<void> {
  try {
    await media.leaveRoom(callId)
  } catch (error) {
    log.warn('not taken out of the room', { callId, error: String(error) })
  }
}

export function discard({ ports }: Pick<Around, 'ports'>, path: string): void {
  ports.recordingFiles.discard(path).catch((error: unknown) => {
    ports.log.warn('a spoken name is still there', { error: String(error) })
  })
}

async function afterwards(
  around: Around,
  conference: LiveConference,
  member: Member,
  told: readonly ToldConference[],
): Promise<void> {
  const left = conference.connected()
  const { endOnModeratorExit } = conference.record.options
  const isLast = !left.some(({ options }) => options.moderator)
  const isLastModerator = member.options.moderator && endOnModeratorExit && isLast
  if (left.length > 0 && (member.endsOnExit || isLastModerator)) {
    await conference.apply({ is: 'moderatorGone' }, told)
  } else {
    const freed = await freePrivate(around, conference, member)
    await conference.apply({ is: 'memberGone', left: left.length }, [...told, ...freed])
  }
  if (conference.isOver) return
  if (!conference.sounds.isStorm() && conference.isOpen) {
    void soundsOfGoing(around, conference, member)
  }
  await settleWaits(around, conference)
}

/** Whoever talked to him alone talks to all again. */
async function freePrivate(
  { ports }: Around,
  conference: LiveConference,
  { call }: Member,
): Promise<ToldConference[]> {
  const told: ToldConference[] = []
  for (const other of conference.members.values()) {
    if (other.options.privateWith !== call.id) continue
    other.options = { ...other.options, privateWith: null }
    if (other.inRoom) await ports.media.changeMember(other.call.id, other.mixed)
    conference.follow.memberChanged(other.call.id)
    told.push(conference.told('participant.changed', { privateWith: null }, other))
  }
  return told
}
