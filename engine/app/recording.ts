import type { ConferenceId, RecordingId } from '../core/ids.ts'
import type { RecordLayout, RecordOutcome } from '../core/ports/media.ts'
import type { RecordingRecord } from '../core/ports/store.ts'
import type { LiveCall } from './live-call.ts'
import type { LiveCalls } from './live-calls.ts'
import type { Ports } from './ports.ts'
import type { Run } from './program.ts'

/**
 * Records the call in stereo from here on. One recording at a time: a second start is a no-op. A disk that
 * can't be written fails the recording, never the call. With a conference it is one of its member's.
 */
export async function startRecording(
  run: Run,
  layout: RecordLayout,
  conferenceId?: ConferenceId,
): Promise<void> {
  const { call, calls, ports } = run
  if (call.recording || run.signal.aborted) return
  const id = ports.ids.uuid() as RecordingId
  const createdAtMs = ports.clock.nowMs()
  let recording: RecordingRecord = {
    ...freshRecording(call.record.accountId, call.id, id, createdAtMs),
    ...(conferenceId !== undefined && { conferenceId }),
  }
  const saved = Promise.withResolvers<void>()
  call.recording = { id, saved: saved.promise }
  try {
    recording = { ...recording, path: await ports.recordingFiles.pathFor(id, createdAtMs) }
    await ports.store.recordings.save(recording)
    calls.recordings.set(id, { call, saved: saved.resolve })
    await ports.media.startRecording(call.id, id, recording.path, layout)
    // The leg may have gone while the disk was slow: nobody will tell of this recording then.
    if (call.state.at === 'ended') throw new Error('the call has ended')
    await call.note('recording.started', { recordingId: id })
  } catch (error) {
    call.recording = undefined
    calls.recordings.delete(id)
    saved.resolve()
    ports.log.warn('recording not started', { callId: call.id, error: String(error) })
    await saveQuietly(ports, { ...recording, status: 'failed', failure: 'io_error' })
    await call.note('recording.failed', { recordingId: id, reason: 'io_error' })
  }
}

export async function stopRecording({ call }: Run): Promise<void> {
  await call.finishRecording()
}

/**
 * The media thread is gone, and nobody will tell of its recordings. Their files are whole but for the last
 * second: they stay `in-progress` until the next start makes them right (`recover`).
 */
export function recordingsLost(calls: LiveCalls): void {
  for (const { saved } of calls.recordings.values()) saved()
  calls.recordings.clear()
}

/** A recording that can't even be written down must not harm the call. */
async function saveQuietly(ports: Ports, recording: RecordingRecord): Promise<void> {
  try {
    await ports.store.recordings.save(recording)
  } catch (error) {
    ports.log.error('recording not stored', { recordingId: recording.id, error: String(error) })
  }
}

/** The file is closed and whole, or could not be written: tell it. */
export function recordingEnded(ports: Ports, calls: LiveCalls, outcome: RecordOutcome): void {
  const running = calls.recordings.get(outcome.recordingId)
  if (!running) return
  const { call, saved } = running
  calls.recordings.delete(outcome.recordingId)
  if (call.recording?.id === outcome.recordingId) call.recording = undefined
  void save(ports, call, outcome)
    .catch((error: unknown) => {
      ports.log.error('recording not stored', { callId: call.id, error: String(error) })
    })
    .finally(saved)
}

/**
 * Tells the end of a recording, of which the writer may have died: then its file is made right first, or the recording
 * has failed.
 */
export function whenMended(
  { recordingFiles, log }: Pick<Ports, 'recordingFiles' | 'log'>,
  outcome: RecordOutcome,
  tell: (outcome: RecordOutcome) => void,
): void {
  if (outcome.cut !== true) {
    tell(outcome)
    return
  }
  const mended = recordingFiles.repair(outcome.path).then(
    (figures) => ({ ...outcome, ...figures }),
    (error: unknown) => {
      log.warn('recording lost', { recordingId: outcome.recordingId, error: String(error) })
      return { ...outcome, failure: 'io_error' } as const
    },
  )
  void mended.then(tell)
}

async function save(ports: Ports, call: LiveCall, outcome: RecordOutcome): Promise<void> {
  const { recordingId, failure, durationMs, bytes, cut } = outcome
  const stored = await ports.store.recordings.get(call.record.accountId, recordingId)
  if (!stored) return
  const status = failure === null ? 'completed' : 'failed'
  await ports.store.recordings.save({ ...stored, status, failure, durationMs, bytes })
  const reason = failure ?? (cut === true ? 'media_restarted' : null)
  const told = { recordingId, durationMs, bytes, reason }
  if (failure === null) {
    await call.amend((record) => ({ ...record, recordingId }), 'recording.completed', told)
  } else {
    await call.note('recording.failed', told)
  }
}

const freshRecording = (
  accountId: RecordingRecord['accountId'],
  callId: RecordingRecord['callId'],
  id: RecordingId,
  createdAtMs: number,
): RecordingRecord => ({
  id,
  accountId,
  callId,
  status: 'in-progress',
  failure: null,
  path: '',
  channels: 2,
  durationMs: null,
  bytes: null,
  createdAtMs,
})
