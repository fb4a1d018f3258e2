import type { RecordingId } from '../../core/ids.ts'
import type { RecordOutcome } from '../../core/ports/media.ts'

/** What is told of a recording whose thread died: only what is on disk is known, and the file has to be mended. */
export const cutRecording = (recording: { id: RecordingId; path: string }): RecordOutcome => ({
  recordingId: recording.id,
  path: recording.path,
  ...{ durationMs: 0, bytes: 0, failure: null, cut: true },
})
