import type { RecordingRecord } from './recordings.ts'

/** Which part of a recording is to be drawn, and in how many stretches at most. */
export interface PeaksWanted {
  readonly buckets: number
  /** Absent: from its beginning. */
  readonly fromMs?: number | undefined
  /** Absent: to its end. */
  readonly toMs?: number | undefined
}

/** The least and the greatest sample of each stretch, -1 to 1, a row per channel. */
export interface Peaks {
  readonly rateHz: number
  /** Of the whole recording. */
  readonly durationMs: number
  /** Where the first stretch begins: at `fromMs` or somewhat before it. */
  readonly fromMs: number
  /** How long each is. */
  readonly bucketMs: number
  readonly channels: readonly { readonly min: readonly number[]; readonly max: readonly number[] }[]
}

export interface RecordingPeaks {
  /**
   * Made first where there are none yet. Failures: `not_ready` while that takes a while; `invalid_audio` when the file
   * is no recording, and those of `RecordingFiles.open`.
   */
  read(recording: RecordingRecord, wanted: PeaksWanted): Promise<Peaks>
}
