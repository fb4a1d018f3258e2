import type { Transcript } from './recordings.ts'

/** Samples of a recording as they are read; all blocks of one are of one rate and as many channels. */
export interface SoundBlock {
  readonly rateHz: number
  readonly channels: number
  /** Interleaved. */
  readonly samples: Int16Array
}

/** Speech to text. */
export interface Transcriber {
  /** Undefined when it can, otherwise the reason why not, for people. */
  unavailableBecause(): string | undefined
  /** There is a model for what is said in this language (BCP 47) alone. Absent: of none. */
  hasLanguage?(language: string): boolean
  /**
   * Each channel by itself, by the model of that language, where there is one. Rejects with Failure
   * `transcription_failed`, or with the signal's reason.
   */
  transcribe(
    sound: AsyncIterable<SoundBlock>,
    signal: AbortSignal,
    language?: string,
  ): Promise<Transcript>
}
