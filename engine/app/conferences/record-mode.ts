import { Failure } from '../../core/failures.ts'
import { modeOf, recordAs } from '../actions/record-control.ts'
import { shownMode } from '../recordings/mode.ts'
import { keepSpans } from '../recordings/spans.ts'
import type { Around } from './around.ts'
import type { RunningRecordingNow, WantedRecordingMode } from './desk.ts'
import type { LiveConference } from './live-conference.ts'
import type { Member } from './member.ts'

/** The recording of all goes on, waits or is masked; from inside a job. Failure `not_recording`. */
export async function setRoomRecordingMode(
  { ports }: Around,
  conference: LiveConference,
  wanted: WantedRecordingMode,
): Promise<RunningRecordingNow> {
  const running = conference.recording
  if (!running) throw new Failure('not_recording', 'the conference is not being recorded')
  const mode = modeOf(wanted)
  const { id: recordingId } = running
  const now = { recordingId, mode: shownMode(mode) }
  if (running.mode === mode) return now
  running.mode = mode
  const spans = await ports.media.setRoomRecording(conference.id, mode)
  if (spans) await keepSpans(ports, conference.account.id, recordingId, spans)
  await tellMode(conference, now, spans ? { spans } : {})
  conference.follow.conferenceChanged()
  return now
}

/** As of all; not from inside a job: the call has its own turns. */
export async function setMemberRecordingMode(
  around: Around,
  conference: LiveConference,
  member: Member,
  wanted: WantedRecordingMode,
): Promise<RunningRecordingNow> {
  const { call } = member
  const running = member.recording ? call.recording : undefined
  if (!running) throw new Failure('not_recording', 'the member is not being recorded')
  const { id: recordingId, mode: before } = running
  await recordAs(around, call, { ...wanted, recordingId })
  const now = { recordingId, mode: shownMode(modeOf(wanted)) }
  if (before !== modeOf(wanted)) conference.later(() => tellMode(conference, now, {}, member))
  return now
}

async function tellMode(
  conference: LiveConference,
  { recordingId, mode }: RunningRecordingNow,
  more: Readonly<Record<string, unknown>>,
  about?: Member,
): Promise<void> {
  const isOn = mode === 'running'
  const type = isOn ? 'conference.recording-resumed' : 'conference.recording-paused'
  const told = { recordingId, ...(!isOn && { mode }), ...more }
  await conference.commit([conference.told(type, told, about)])
}
