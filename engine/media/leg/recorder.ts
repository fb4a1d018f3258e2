import type { RecordFile, RecordOutcome } from '../../core/ports/media.ts'

/** What the media thread needs of a recording on disk; recordings/writer.ts and opus-recorder.ts are such. */
export interface Recorder {
  /** Copies `samples` of each channel; of one channel it is the left. Never waits, never throws. */
  write(left: Int16Array, right: Int16Array, samples: number): void
  /** A key is pressed just now. */
  hush?(): void
  /** Completes the file; `goesOn`: for now, as another thread goes on with it. Never rejects. */
  close(goesOn?: boolean): Promise<RecorderResult>
}

type RecorderResult = Pick<
  RecordOutcome,
  'path' | 'durationMs' | 'bytes' | 'failure' | 'lostMs' | 'cut'
>

export interface RecorderTerms extends RecordFile {
  readonly path: string
  readonly channels: 1 | 2
  readonly goesOn?: GoesOn
}

/**
 * The file is one that somebody else began, who has closed it or has died. What is there is mended and kept, and the
 * rest, up to where it goes on, is silence.
 */
export interface GoesOn {
  /** Samples of each channel, from the beginning of the file. */
  readonly atSamples: number
  /** So many were there. Not called when the file could not be gone on with, which fails. */
  found(samples: number): void
}

/** `onFailure` is called once when the disk does not take any more. */
export type OpenRecorder = (terms: RecorderTerms, onFailure: () => void) => Recorder
