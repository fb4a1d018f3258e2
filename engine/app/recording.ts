import type { RecordingId } from '../core/ids.ts'
import type { RecordLayout, RecordOutcome } from '../core/ports/media.ts'
import type { RecordingRecord } from '../core/ports/store.ts'
import type { LiveCalls } from './live-calls.ts'
import type { Ports } from './ports.ts'
import type { Run } from './program.ts'

/**
 * Records the call in stereo from here on. One recording at a time: a second start is a no-op. A disk that
 * can't be written fails the recording, never the call.
 */
export async function startRecording(run: Run, layout: RecordLayout): Promise<void> {
  const { call, calls, ports } = run
  if (call.recording || run.signal.aborted) return
  const id = ports.ids.uuid() as RecordingId
  const createdAtMs = ports.clock.nowMs()
  call.recording = { id }
  let recording = freshRecording(call.record.accountId, call.id, id, createdAtMs)
  try {
    recording = { ...recording, path: await ports.recordingFiles.pathFor(id, createdAtMs) }
    await ports.store.recordings.save(recording)
    calls.recordings.set(id, call)
    await ports.media.startRecording(call.id, id, recording.path, layout)
    await call.note('recording.started', { recordingId: id })
  } catch (error) {
    call.recording = undefined
    calls.recordings.delete(id)
    ports.log.warn('recording not started', { callId: call.id, error: String(error) })
    await ports.store.recordings.save({ ...recording, status: 'failed', failure: 'io_error' })
    await call.note('recording.failed', { recordingId: id, reason: 'io_error' })
  }
}

export async function stopRecording(run: Run): Promise<void> {
  if (!run.call.recording) return
  run.call.recording = undefined
  await run.ports.media.stopRecording(run.call.id)
}

/** The file is closed and whole, or could not be written: tell it. */
export function recordingEnded(ports: Ports, calls: LiveCalls, outcome: RecordOutcome): void {
  const { recordingId, failure } = outcome
  const call = calls.recordings.get(recordingId)
  if (!call) return
  calls.recordings.delete(recordingId)
  if (call.recording?.id === recordingId) call.recording = undefined
  call.enqueue(async () => {
    const accountId = call.record.accountId
    const stored = await ports.store.recordings.get(accountId, recordingId)
    if (!stored) return
    const { durationMs, bytes } = outcome
    const status = failure === null ? 'completed' : 'failed'
    await ports.store.recordings.save({ ...stored, status, failure, durationMs, bytes })
    await call.note(`recording.${status}`, { recordingId, durationMs, bytes, reason: failure })
  })
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
