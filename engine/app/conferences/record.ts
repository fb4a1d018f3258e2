import { Failure } from '../../core/failures.ts'
import type { ConferenceId, RecordingId } from '../../core/ids.ts'
import type { RecordOutcome } from '../../core/ports/media.ts'
import type { RecordingRecord } from '../../core/ports/recordings.ts'
import type { LiveCalls } from '../live-calls.ts'
import type { Ports } from '../ports.ts'
import { lostIn, startRecording, trimmedIn, withoutEmpty } from '../recording.ts'
import { keepRecording } from '../recordings/keep.ts'
import { asTrimmed, type TrimmedOutcome } from '../recordings/spans.ts'
import { wait } from '../wait.ts'
import type { Around } from './around.ts'
import type { LiveConference } from './live-conference.ts'
import type { Member } from './member.ts'

/** A disk that hangs must not keep anybody waiting. */
const recordingWaitMs = 1_000

/**
 * Records all that is heard in the room from here on; from inside a job. A disk that can't be written fails
 * the recording, never the conference. Undefined when it did.
 */
export async function startRoomRecording(
  { ports, calls }: Around,
  conference: LiveConference,
): Promise<RecordingId | undefined> {
  if (conference.recording) return conference.recording.id
  const id = ports.ids.uuid() as RecordingId
  let recording = freshRecording(conference, id, ports.clock.nowMs())
  const saved = Promise.withResolvers<void>()
  conference.recording = { id, saved: saved.promise, mode: 'running' }
  try {
    calls.space.require()
    const path = await ports.recordingFiles.pathFor(id, recording.createdAtMs)
    recording = { ...recording, path }
    await ports.store.recordings.save(recording)
    calls.conferences.recordings.set(id, { conference, saved: saved.resolve })
    await requireRoom(ports, conference)
    await ports.media.recordRoom(conference.id, id, path)
    await conference.commit([conference.told('conference.recording-started', { recordingId: id })])
    conference.follow.conferenceChanged()
    return id
  } catch (error) {
    conference.recording = undefined
    calls.conferences.recordings.delete(id)
    saved.resolve()
    const failure = error instanceof Failure && error.code === 'disk_low' ? 'disk_low' : 'io_error'
    const failed = { recordingId: id, reason: failure }
    ports.log.warn('recording not started', { conferenceId: conference.id, error: String(error) })
    const lost = { ...recording, status: 'failed', failure } as const
    await ports.store.recordings.save(lost).catch(() => undefined)
    await conference.commit([conference.told('conference.recording-failed', failed)])
    return undefined
  }
}

/** Also while all still wait for the moderator: then there is nothing to be heard yet. */
async function requireRoom(ports: Ports, conference: LiveConference): Promise<void> {
  if (conference.roomIsOpen) return
  const { talkers, gainControl, noiseGate } = conference.record.options
  await ports.media.openRoom(conference.id, { talkers, gainControl, noiseGate })
  conference.roomIsOpen = true
}

/** Ends the recording and waits until it can be fetched, or for a second. Never rejects. */
export async function finishRoomRecording(
  { ports }: Around,
  conference: LiveConference,
): Promise<void> {
  if (!conference.recording) return
  const { saved } = conference.recording
  const limit = new AbortController()
  const stopped = ports.media.stopRoomRecording(conference.id).catch((error: unknown) => {
    ports.log.warn('recording not stopped', {
      conferenceId: conference.id,
      error: String(error),
    })
  })
  const late = wait(ports.clock, recordingWaitMs, limit.signal)
  await Promise.race([Promise.all([stopped, saved]), late])
  limit.abort()
}

/** The file is closed and whole, or could not be written: tell it. No job: one may be waiting for it. */
export function roomRecordingEnded(
  ports: Ports,
  calls: LiveCalls,
  _room: ConferenceId,
  outcome: RecordOutcome,
): void {
  const running = calls.conferences.recordings.get(outcome.recordingId)
  if (!running) return
  const { conference, saved, spansKept } = running
  calls.conferences.recordings.delete(outcome.recordingId)
  if (conference.recording?.id === outcome.recordingId) conference.recording = undefined
  conference.follow.conferenceChanged()
  void Promise.resolve(spansKept)
    .then(() => save(ports, conference, outcome))
    .catch((error: unknown) => {
      ports.log.error('recording not stored', { error: String(error) })
    })
    .finally(saved)
}

async function save(
  ports: Ports,
  conference: LiveConference,
  written: RecordOutcome,
): Promise<void> {
  const { recordingId, failure, cut } = written
  const stored = await ports.store.recordings.get(conference.account.id, recordingId)
  if (!stored) return
  const outcome = await trimmed(ports, conference, stored, written)
  const { durationMs, spans = [] } = outcome
  const { bytes } = await withoutEmpty(ports, stored, outcome)
  const status = failure === null ? 'completed' : 'failed'
  const heldBack = spans.length > 0 && { spans }
  // Those that were stored while it went on may have been cut away.
  const left = (heldBack || stored.spans !== undefined) && { spans }
  const over: RecordingRecord = { ...stored, status, failure, durationMs, bytes, ...left }
  await keepRecording(ports, over, async (kept) => {
    const isWhole = kept.status === 'completed'
    const type = isWhole ? 'conference.recording-completed' : 'conference.recording-failed'
    const reason = kept.failure ?? (cut === true ? 'media_restarted' : null)
    const less = { ...trimmedIn(outcome), ...lostIn(ports, outcome) }
    const told = { recordingId, durationMs, bytes, reason, ...heldBack, ...less }
    await conference.commit([conference.told(type, told)])
  })
}

/** As is wished of the conference. One without a sound, or that can't be cut, is kept as it was written. */
async function trimmed(
  { recordingFiles, log }: Pick<Ports, 'recordingFiles' | 'log'>,
  conference: LiveConference,
  { id: recordingId, path, spans }: RecordingRecord,
  written: RecordOutcome,
): Promise<TrimmedOutcome> {
  const outcome = { ...written, spans: written.spans ?? spans ?? [] }
  if (!conference.record.options.trimRecordings || written.failure !== null) return outcome
  try {
    const cut = await recordingFiles.trimSilence(path)
    return cut ? asTrimmed(outcome, cut) : outcome
  } catch (error) {
    log.warn('recording not trimmed', { recordingId, error: String(error) })
    return outcome
  }
}

/** Records one member alone, in stereo; from inside a job. Failure `already_exists`. */
export async function recordMember(
  { ports, calls }: Around,
  conference: LiveConference,
  member: Member,
): Promise<RecordingId> {
  const { call } = member
  if (call.recording) throw new Failure('already_exists', 'the member is being recorded')
  const run = { ports, calls, call, signal: call.over }
  await startRecording(run, 'receivedLeft', { conferenceId: conference.id })
  // Set by startRecording, unless it failed.
  const running = (call as Pick<typeof call, 'recording'>).recording
  if (!running) throw new Failure('call_failed', 'the recording could not be begun')
  const { id, saved } = running
  member.recording = true
  conference.follow.memberChanged(call.id)
  await conference.commit([
    conference.told('conference.recording-started', { recordingId: id }, member),
  ])
  member.recordingTold = saved.then(() => memberSaved(ports, conference, member, id))
  return id
}

/** Ends the recording of a member and tells it; a disk that hangs is waited for no longer than a second. */
export async function finishMemberRecording(member: Member): Promise<void> {
  if (!member.recording) return
  await member.call.finishRecording()
  if (!member.call.recording) await member.recordingTold
}

async function memberSaved(
  ports: Ports,
  conference: LiveConference,
  member: Member,
  recordingId: RecordingId,
): Promise<void> {
  member.recording = false
  if (conference.members.has(member.call.id)) conference.follow.memberChanged(member.call.id)
  const stored = await ports.store.recordings
    .get(conference.account.id, recordingId)
    .catch(() => undefined)
  const isWhole = stored?.status === 'completed'
  const type = isWhole ? 'conference.recording-completed' : 'conference.recording-failed'
  const { durationMs = null, bytes = null, failure: reason = null } = stored ?? {}
  const told = { recordingId, durationMs, bytes, reason }
  await conference.commit([conference.told(type, told, member)])
}

const freshRecording = (
  { id: conferenceId, account }: LiveConference,
  id: RecordingId,
  createdAtMs: number,
): RecordingRecord => ({
  ...{ id, accountId: account.id, callId: null, conferenceId },
  ...{ status: 'in-progress', failure: null, path: '', channels: 1 },
  ...{ durationMs: null, bytes: null, createdAtMs },
})
