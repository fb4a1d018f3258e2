import type { RecordingId } from '../../core/ids.ts'
import type { RecordOutcome } from '../../core/ports/media.ts'
import { sharedNowMs } from '../threads/shared-clock.ts'
import { FRAME_MS, frameSamples, type PcmRateHz } from './codec.ts'
import type { KeyMaskState } from './key-mask.ts'
import type { GoesOn, Recorder } from './recorder.ts'
import { freshTape, type Tape, type TapeState, tapeLater } from './tape.ts'

/** Where a recording stood at a time: with it another thread goes on, whatever became of the one that told it. */
export interface Standing {
  readonly tape: TapeState
  /** Of one that masks keys. */
  readonly keys?: KeyMaskState
  /** On the clock that all threads have. In a media thread the time of its last tick, as ticks that are late are made up for. */
  readonly atMs: number
}

/** It begins now. */
export const freshStanding = (): Standing => ({ tape: freshTape, atMs: sharedNowMs() })

/** As it stands at that time, if nobody wrote it since. */
export function standingAt({ tape, keys, atMs }: Standing, nowMs: number): Standing {
  const later = tapeLater(tape, Math.max(0, Math.round((nowMs - atMs) / FRAME_MS)))
  return {
    ...{ tape: later, atMs: nowMs },
    ...(keys && { keys: { ...keys, frames: later.ticks } }),
  }
}

/** Its file is to be gone on with where it stands; what is missing there is told. */
export class Continuation {
  readonly #samples: number
  readonly #rateHz: PcmRateHz
  readonly #lost: (startMs: number, endMs: number) => void
  #isFound = false

  constructor(
    { ticks }: TapeState,
    rateHz: PcmRateHz,
    lost: (startMs: number, endMs: number) => void,
  ) {
    this.#samples = ticks * frameSamples(rateHz)
    this.#rateHz = rateHz
    this.#lost = lost
  }

  get goesOn(): GoesOn {
    return {
      atSamples: this.#samples,
      found: (samples) => {
        this.#isFound = true
        const [startMs, endMs] = [this.#msOf(samples), this.#msOf(this.#samples)]
        if (endMs > startMs) this.#lost(startMs, endMs)
      },
    }
  }

  get isFound(): boolean {
    return this.#isFound
  }

  #msOf(samples: number): number {
    return Math.round((samples * 1000) / this.#rateHz)
  }
}

type Closed = Awaited<ReturnType<Recorder['close']>>

/**
 * What is told of a recording that is over. A file that could not be gone on with is as the thread before has left it:
 * it has to be mended, and what is in it is the recording.
 */
export const outcomeOf = (
  recordingId: RecordingId,
  result: Closed,
  { spans }: Pick<Tape, 'spans'>,
  continuation: Continuation | undefined,
): RecordOutcome =>
  continuation?.isFound === false
    ? { recordingId, ...result, failure: null, cut: true, spans }
    : { recordingId, ...result, spans }
