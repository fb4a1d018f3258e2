import type { RecordingFailure } from './failure.ts'

/** What goes between a media thread and the thread that encodes its recordings. Never audio: that is in the ring. */
export type OpusAsk =
  | {
      readonly is: 'open'
      readonly id: number
      readonly path: string
      readonly channels: 1 | 2
      readonly rateHz: 8000 | 16_000
      /** The file is gone on with (GoesOn): there, in samples. */
      readonly goesOnAt: number | undefined
      readonly ring: SharedArrayBuffer
    }
  /** `owed`: samples of silence that had no room in the ring. `ends`: nobody goes on with it. */
  | { readonly is: 'close'; readonly id: number; readonly owed: number; readonly ends: boolean }

export type OpusTold =
  /** So many samples were in the file that is gone on with. */
  | { readonly is: 'found'; readonly id: number; readonly samples: number }
  /** It is closed, by a failure or as was asked. */
  | {
      readonly is: 'ended'
      readonly id: number
      readonly durationMs: number
      readonly bytes: number
      readonly failure: RecordingFailure | null
    }
