/** Recordings on disk: the writer (used by the media thread) and the storage (used by the API). */
export { type DrawnPeaks, drawnPeaks } from './drawn-peaks.ts'
export type { RepairedRecording } from './repair.ts'
export { RecordingPathFault, RecordingStorage } from './storage.ts'
export {
  type RecordingFailure,
  type RecordingResult,
  type RecordingState,
  RecordingWriter,
  type RecordingWriterOptions,
} from './writer.ts'
