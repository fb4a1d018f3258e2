/** Recordings on disk: the writer (used by the media thread) and the storage (used by the API). */

export { S3Bucket } from './bucket/s3.ts'
export { greetingFolder } from './greetings.ts'
export { PeakMaker, type PlainAudio, UnreadableAudio } from './peaks/make.ts'
export { readPeaks } from './peaks/read.ts'
export { PeakShelf, PeaksPending } from './peaks/shelf.ts'
export type { RepairedRecording } from './repair.ts'
export { KeyFolder } from './sealed/key-folder.ts'
export { openSealedFile } from './sealed/open-file.ts'
export { KeyFault, keyIdOf, privateKeyOf, publicKeyOf } from './sealed/wrap.ts'
export { soundBlocks } from './sound-blocks.ts'
export { RecordingPathFault, RecordingStorage } from './storage.ts'
export { RecordingVault } from './vault.ts'
export {
  type RecordingFailure,
  type RecordingResult,
  type RecordingState,
  RecordingWriter,
  type RecordingWriterOptions,
} from './writer.ts'
