import { Failure } from '../../core/failures.ts'
import type { Run } from '../program.ts'
import { announceTo } from './announce.ts'
import type { Around } from './around.ts'
import { readKeys } from './digit-menu.ts'
import { soundsOfComing } from './door-sounds.ts'
import { leave } from './leave.ts'
import type { LiveConference } from './live-conference.ts'
import type { LeaveReason, Member } from './member.ts'
import { settleMusic, stopMusic } from './music.ts'
import { settleWaits } from './wait.ts'

/**
 * Failures `conference_ended`, `conference_locked`, `conference_full`. From inside a job, or just to look. No lock
 * keeps a moderator out.
 */
export function requireOpenDoor(conference: LiveConference, isModerator: boolean): void {
  const { members, reserved, record } = conference
  if (conference.isOver) throw new Failure('conference_ended', 'the conference is over')
  if (record.options.locked && !isModerator) {
    throw new Failure('conference_locked', 'the conference is locked')
  }
  const most = record.options.maxParticipants
  if (members.size + reserved < most) return
  throw new Failure('conference_full', `the conference is full: ${most} are there, or on their way`)
}

/** Gives somebody a place; he is not connected yet. From inside a job. Failure `already_exists`. */
export function seat({ calls }: Around, conference: LiveConference, member: Member): void {
  if (conference.members.has(member.call.id)) {
    throw new Failure('already_exists', 'the call is in the conference already')
  }
  conference.members.set(member.call.id, member)
  member.before = calls.conferences.placeOf(member.call.id)
  calls.conferences.seat(conference, member)
  conference.follow.memberChanged(member.call.id)
}

/**
 * The call is in the conference from here on. Resolves when it is not any more, with the reason. Failure
 * `conference_ended` or `call_ended` when it does not get in.
 */
export async function stay(
  run: Run,
  conference: LiveConference,
  member: Member,
): Promise<LeaveReason> {
  const { ports, call, signal } = run
  const aborted = Promise.withResolvers<void>()
  const onAbort = () => {
    // What comes next may play something of its own at once.
    stopMusic(ports, member)
    aborted.resolve()
  }
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    await leaveOthers(run, member)
    await conference.enqueue(() => enter(run, conference, member))
    const menu = new AbortController()
    void readKeys(run, conference, member, AbortSignal.any([signal, menu.signal]))
    await Promise.race([member.left.promise, aborted.promise])
    menu.abort()
  } finally {
    signal.removeEventListener('abort', onAbort)
    const reason = member.leaving ?? (call.state.at === 'ended' ? 'hung_up' : 'moved')
    await conference.enqueue(() => leave(run, conference, member, reason))
  }
  return member.left.promise
}

/** The same as a program of its own: whoever does not get in is hung up, and that is no fault. */
export async function stayIfLetIn(
  run: Run,
  conference: LiveConference,
  member: Member,
): Promise<void> {
  try {
    await stay(run, conference, member)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    run.ports.log.info('not let into the conference', {
      callId: run.call.id,
      error: error.message,
    })
  }
}

/** A leg is in one room: it is out of all that it was moved from before it gets into this one. */
async function leaveOthers(run: Run, member: Member): Promise<void> {
  for (let place = member.before; place; place = place.member.before) {
    const { conference, member: one } = place
    await conference.enqueue(() => leave(run, conference, one, 'moved'))
  }
  member.before = undefined
}

async function enter(run: Run, conference: LiveConference, member: Member): Promise<void> {
  const { call, ports } = run
  if (conference.isOver || conference.members.get(call.id) !== member) {
    throw new Failure('conference_ended', 'the conference is over')
  }
  if (call.state.at !== 'up' || run.signal.aborted) {
    throw new Failure('call_ended', 'the call is over')
  }
  call.spokenIn = conference.record.options
  member.status = 'connected'
  member.joinedAtMs = ports.clock.nowMs()
  const count = conference.connected().length
  const peakParticipants = Math.max(conference.record.peakParticipants, count)
  conference.record = { ...conference.record, peakParticipants }
  conference.follow.memberChanged(call.id)
  conference.follow.conferenceChanged()
  const wasEarly = member.inRoom
  await conference.apply({ is: 'memberCame' }, [conference.told('participant.joined', {}, member)])
  await settleWaits(run, conference)
  // He has been heard while he was called, and heard nothing.
  if (wasEarly) await ports.media.changeMember(call.id, member.mixed)
  member.entered.resolve(true)
  call.acts.room?.follow(conference)
  greet(run, conference, member, count)
}

function greet(run: Run, conference: LiveConference, member: Member, count: number): void {
  const { announceCount, waitMusic } = conference.record.options
  if (!conference.isOpen) {
    if (waitMusic !== '') announceTo(run, conference, member, (words) => words.waitForModerator)
    return
  }
  const isStorm = conference.sounds.isStorm()
  if (count > 1 && !isStorm) void soundsOfComing(run, conference, member)
  if (announceCount) announceTo(run, conference, member, (words) => words.count(count))
  else settleMusic(run.ports, conference, member)
}
