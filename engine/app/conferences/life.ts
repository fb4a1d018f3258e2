import type { ConferenceEffect } from '../../core/conference-table.ts'
import type { Ports } from '../ports.ts'
import { soundOfPhrase } from '../speech/phrase-sounds.ts'
import type { Around } from './around.ts'
import { discard, takeOut } from './leave.ts'
import type { LiveConference } from './live-conference.ts'
import type { Member } from './member.ts'
import { finishMemberRecording, finishRoomRecording, startRoomRecording } from './record.ts'

/** A room that nobody comes to is given up. */
const emptyRoomMs = 24 * 3_600_000
const lastMinuteMs = 60_000
/** Whoever wants less than that needs no warning. */
const leastWarnedMs = 120_000

/** Carries out one effect of the table; from inside a job. */
export async function performConferenceEffect(
  around: Around,
  conference: LiveConference,
  effect: ConferenceEffect,
): Promise<void> {
  switch (effect.do) {
    case 'armExpiry':
      return armExpiry(around, conference)
    case 'armDuration':
      return armDuration(around, conference)
    case 'disarm':
      return disarm(conference)
    case 'record':
      if (conference.record.options.record) await startRoomRecording(around, conference)
      return
    case 'release':
      return release(around, conference)
  }
}

/** Counted from when it was made. */
function armExpiry(around: Around, conference: LiveConference): void {
  const goneMs = around.ports.clock.nowMs() - conference.record.createdAtMs
  const leftMs = Math.min(emptyRoomMs, Math.max(0, emptyRoomMs - goneMs))
  arm(around, conference, leftMs, () => conference.apply({ is: 'expired' }))
}

function arm(
  { ports }: Around,
  conference: LiveConference,
  delayMs: number,
  job: () => Promise<void>,
): void {
  const disarmOne = ports.clock.after(delayMs, () => {
    conference.timers.delete(disarmOne)
    conference.later(job)
  })
  conference.timers.add(disarmOne)
}

function disarm(conference: LiveConference): void {
  for (const disarmOne of conference.timers) disarmOne()
  conference.timers.clear()
}

/** Counted from its first member; what has been armed before does not hold any more. */
export function armDuration(around: Around, conference: LiveConference): void {
  const { options, startedAtMs } = conference.record
  disarm(conference)
  if (options.maxDurationMs === null || startedAtMs === null) return
  const goneMs = around.ports.clock.nowMs() - startedAtMs
  const leftMs = Math.max(0, options.maxDurationMs - goneMs)
  arm(around, conference, leftMs, () => conference.apply({ is: 'durationOver' }))
  if (leftMs < leastWarnedMs) return
  arm(around, conference, leftMs - lastMinuteMs, async () => {
    const { options: spokenIn } = conference.record
    conference.sounds.chime(
      await soundOfPhrase(around.ports, spokenIn, (phrases) => phrases.conference.oneMinuteLeft),
    )
  })
}

async function release(around: Around, conference: LiveConference): Promise<void> {
  const { ports, calls } = around
  calls.conferences.remove(conference)
  const members = [...conference.members.values()]
  await Promise.all([
    finishRoomRecording(around, conference),
    ...members.map((member) => finishMemberRecording(member)),
  ])
  const connected = members.filter((member) => member.isConnected)
  const told = []
  for (const member of members) {
    const path = member.namePath
    member.namePath = undefined
    if (path !== undefined) discard(around, path)
    const reason = member.isConnected ? 'conference_ended' : 'not_connected'
    // Closing the room leaves their legs alone: no command for each.
    member.inRoom = false
    told.push(...(await takeOut(around, conference, member, reason)))
  }
  conference.sounds.close()
  if (conference.roomIsOpen) await closeRoom(ports, conference)
  conference.roomIsOpen = false
  const reason = conference.record.endReason
  await conference.commit([...told, conference.told('conference.ended', { reason })])
  conference.follow.end()
  conference.ended.resolve()
  for (const member of members) letGo(member, connected.includes(member))
}

/** Whatever goes wrong there, for us it is over. */
async function closeRoom({ media, log }: Ports, { id }: LiveConference): Promise<void> {
  try {
    await media.closeRoom(id)
  } catch (error) {
    log.warn('room not closed', { conferenceId: id, error: String(error) })
  }
}

/** Whoever was there goes on with his program; whoever was being called is not wanted any more. */
function letGo(member: Member, wasConnected: boolean): void {
  member.leaving = 'conference_ended'
  if (!wasConnected && member.call.record.direction === 'outbound') {
    if (member.call.state.at !== 'up') member.call.feed({ is: 'hangup', by: 'program' })
  }
  member.left.resolve('conference_ended')
}
