import type { RecordingId } from '../../core/ids.ts'
import {
  plainRecordFile,
  type RecordFile,
  type RecordMode,
  type RecordOutcome,
} from '../../core/ports/media.ts'
import type { RecordingSpan } from '../../core/ports/recordings.ts'
import type { PcmRateHz } from '../leg/codec.ts'
import type { OpenRecorder, Recorder } from '../leg/recorder.ts'
import { Continuation, outcomeOf, type Standing, standingAt } from '../leg/standing.ts'
import { Tape } from '../leg/tape.ts'

interface Running {
  readonly id: RecordingId
  readonly recorder: Recorder
  readonly tape: Tape
  /** Somebody else began the file. */
  readonly continuation: Continuation | undefined
}

interface Surroundings {
  /** When the last tick was due, on the clock that all threads have. */
  tickedAtMs(): number
  ended(outcome: RecordOutcome): void
  /** What another thread goes on with, when this one dies. */
  stands(id: RecordingId, standing: Standing): void
  /** It goes on after a gap; all its spans so far. */
  gap(id: RecordingId, spans: readonly RecordingSpan[]): void
}

/** The recording of a room: what all hear, in one channel. */
export class RoomRecording {
  readonly #open: OpenRecorder
  readonly #room: Surroundings
  #running: Running | undefined
  #rateHz: PcmRateHz = 8000
  #isClosed = false

  constructor(open: OpenRecorder, room: Surroundings) {
    this.#open = open
    this.#room = room
  }

  /** Ends the one before. `told`: a thread that died had begun it. No-op for the one that runs. */
  async start(
    id: RecordingId,
    path: string,
    file: RecordFile = plainRecordFile,
    told?: Standing,
  ): Promise<void> {
    if (this.#running?.id === id) return
    while (this.#running) await this.stop()
    const standing = told && standingAt(told, this.#room.tickedAtMs())
    const continuation =
      standing &&
      new Continuation(standing.tape, file.rateHz, (startMs, endMs) => {
        tape.lose(startMs, endMs)
        this.#stands(running)
        this.#room.gap(id, tape.spansToKeep)
      })
    const goesOn = continuation && { goesOn: continuation.goesOn }
    const terms = { ...file, path, channels: 1, ...goesOn } as const
    const recorder = this.#open(terms, () => void this.stop(id))
    const tape = new Tape(recorder, 'received', file.rateHz, standing?.tape)
    tape.tune(this.#rateHz)
    const running = { id, recorder, tape, continuation }
    this.#running = running
    this.#stands(running)
    // The room was closed while the one before was being completed.
    if (this.#isClosed) await this.stop()
  }

  /** The room is no more. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.stop()
  }

  /** Completes what is running, or only the one named, and tells of it. */
  async stop(only?: RecordingId): Promise<void> {
    const running = this.#running
    if (!running || (only !== undefined && running.id !== only)) return
    this.#running = undefined
    running.tape.finish()
    const result = await running.recorder.close()
    const { id, tape, continuation } = running
    this.#room.ended(outcomeOf(id, result, tape, continuation))
  }

  #stands({ id, tape }: Running): void {
    this.#room.stands(id, { tape: tape.state, atMs: this.#room.tickedAtMs() })
  }

  set(mode: RecordMode): readonly RecordingSpan[] | null {
    if (!this.#running) return null
    this.#running.tape.mode = mode
    this.#stands(this.#running)
    return this.#running.tape.spansToKeep
  }

  tune(rateHz: PcmRateHz): void {
    this.#rateHz = rateHz
    this.#running?.tape.tune(rateHz)
  }

  write(common: Int16Array): void {
    this.#running?.tape.write(common, common)
  }

  skip(ticks: number): void {
    this.#running?.tape.skip(ticks)
  }
}
