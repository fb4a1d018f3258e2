import type { ConferenceOptions, ConferenceRecord } from '../../core/conference.ts'
import { roomOptions } from '../../core/conference-member.ts'
import { Failure } from '../../core/failures.ts'
import type { ToldConference } from '../../core/ports/conferences.ts'
import type { Around } from './around.ts'
import { checkOptions, nameOf } from './create.ts'
import type { ConferenceChange } from './desk.ts'
import { armDuration } from './life.ts'
import type { LiveConference } from './live-conference.ts'
import { finishRoomRecording, startRoomRecording } from './record.ts'
import { settleWaits } from './wait.ts'

type Name = keyof ConferenceChange

/** How the conference is run from now on; from inside a job. Failure `invalid_request`, those of a URL's check. */
export async function changeConference(
  around: Around,
  conference: LiveConference,
  { friendlyName, statusCallback, ...options }: ConferenceChange,
): Promise<void> {
  const before = conference.record
  const after = { ...before.options, ...options }
  checkOptions(around.ports.web, after)
  if (after.maxParticipants < conference.members.size + conference.reserved) {
    const text = 'there are more members than that'
    throw new Failure('invalid_request', text, 'max_participants')
  }
  if (typeof statusCallback === 'string') {
    around.ports.web.checkUrl(statusCallback, 'status_callback')
  }
  const now: ConferenceRecord = {
    ...{ ...before, options: after },
    ...(friendlyName !== undefined && { friendlyName: nameOf(friendlyName, before.id) }),
    ...(statusCallback !== undefined && { statusCallback }),
  }
  const changed = changedIn(before, now)
  if (changed.length === 0) return
  conference.record = now
  await conference.commit(toldOf(conference, changed))
  conference.follow.conferenceChanged()
  await carryOut(around, conference, new Set(changed))
}

function changedIn(before: ConferenceRecord, now: ConferenceRecord): Name[] {
  const names = Object.keys(now.options) as (keyof ConferenceOptions)[]
  return [
    ...names.filter((name) => before.options[name] !== now.options[name]),
    ...(['friendlyName', 'statusCallback'] as const).filter((name) => before[name] !== now[name]),
  ]
}

function toldOf(conference: LiveConference, changed: readonly Name[]): ToldConference[] {
  const { options } = conference.record
  const lock = options.locked ? 'conference.locked' : 'conference.unlocked'
  // Not what they are now: a PIN is nobody's business.
  const others = changed.filter((name) => name !== 'locked')
  return [
    ...(changed.includes('locked') ? [conference.told(lock)] : []),
    ...(others.length > 0 ? [conference.told('conference.changed', { changed: others })] : []),
  ]
}

async function carryOut(
  around: Around,
  conference: LiveConference,
  changed: ReadonlySet<Name>,
): Promise<void> {
  const { options } = conference.record
  const isMixed = changed.has('talkers') || changed.has('gainControl') || changed.has('noiseGate')
  if (isMixed && conference.roomIsOpen) {
    await around.ports.media.openRoom(conference.id, roomOptions(options))
  }
  if (conference.state.at !== 'in-progress') return
  if (changed.has('record') && options.record) await startRoomRecording(around, conference)
  if (changed.has('record') && !options.record) await finishRoomRecording(around, conference)
  if (changed.has('maxDurationMs')) armDuration(around, conference)
  await settleWaits(around, conference)
}
