import type { ConferenceOptions } from '../../core/conference.ts'
import { roomOptions } from '../../core/conference-member.ts'
import { Failure } from '../../core/failures.ts'
import type { ToldConference } from '../../core/ports/conferences.ts'
import type { Around } from './around.ts'
import { checkOptions } from './create.ts'
import { armDuration } from './life.ts'
import type { LiveConference } from './live-conference.ts'
import { finishRoomRecording, startRoomRecording } from './record.ts'
import { settleWaits } from './wait.ts'

type Name = keyof ConferenceOptions

/** How the conference is run from now on; from inside a job. Failure `invalid_request`. */
export async function changeConference(
  around: Around,
  conference: LiveConference,
  options: Partial<ConferenceOptions>,
): Promise<void> {
  const before = conference.record.options
  const after = { ...before, ...options }
  checkOptions(around.ports.web, after)
  if (after.maxParticipants < conference.members.size + conference.reserved) {
    const text = 'there are more members than that'
    throw new Failure('invalid_request', text, 'max_participants')
  }
  const changed = (Object.keys(options) as Name[]).filter((name) => before[name] !== after[name])
  if (changed.length === 0) return
  conference.record = { ...conference.record, options: after }
  await conference.commit(toldOf(conference, changed))
  conference.follow.conferenceChanged()
  await carryOut(around, conference, new Set(changed))
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
