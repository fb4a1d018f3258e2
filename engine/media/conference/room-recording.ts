import type { RecordingId } from '../../core/ids.ts'
import type { RecordOutcome } from '../../core/ports/media.ts'
import type { PcmRateHz } from '../leg/codec.ts'
import type { OpenRecorder, Recorder } from '../leg/recorder.ts'
import { Tape } from '../leg/tape.ts'

interface Running {
  readonly id: RecordingId
  readonly recorder: Recorder
  readonly tape: Tape
}

/** The recording of a room: what all hear, the same in both channels. */
export class RoomRecording {
  readonly #open: OpenRecorder
  readonly #ended: (outcome: RecordOutcome) => void
  #running: Running | undefined
  #rateHz: PcmRateHz = 8000
  #isClosed = false

  constructor(open: OpenRecorder, ended: (outcome: RecordOutcome) => void) {
    this.#open = open
    this.#ended = ended
  }

  /** Ends the one before. */
  async start(id: RecordingId, path: string): Promise<void> {
    while (this.#running) await this.stop()
    const recorder = this.#open(path, () => void this.stop(id))
    const tape = new Tape(recorder, 'receivedLeft')
    tape.tune(this.#rateHz)
    this.#running = { id, recorder, tape }
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
    const { path, durationMs, bytes, failure } = await running.recorder.close()
    this.#ended({ recordingId: running.id, path, durationMs, bytes, failure })
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
