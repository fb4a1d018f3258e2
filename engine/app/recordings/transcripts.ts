import type { AccountEventType } from '../../core/events.ts'
import { Failure } from '../../core/failures.ts'
import { type AccountId, isUuid, type RecordingId } from '../../core/ids.ts'
import type { RecordingChange, RecordingRecord, Transcript } from '../../core/ports/recordings.ts'
import type { SoundBlock, Transcriber } from '../../core/ports/transcriber.ts'
import type { Ports } from '../ports.ts'
import { wait } from '../wait.ts'
import { pauseAfter } from './backoff.ts'

export interface TranscriptOptions {
  /** Undefined: no model is set. */
  readonly transcriber: Transcriber | undefined
  /** Its samples as they are read, wherever its file is. */
  soundOf(recording: RecordingRecord): AsyncIterable<SoundBlock>
}

type TranscriptPorts = Pick<Ports, 'store' | 'recordingSteps' | 'clock' | 'log'>

const noSuchRecording = () => new Failure('not_found', 'There is no such recording')

/** What was asked for while the store failed is found then. */
const idleMs = 600_000
const pauses = { firstMs: 1_000, longestMs: 300_000 }
/** A model that fails once may have been killed; twice is its word. */
const attempts = 2
const longestMs = 6 * 3_600_000
const noModel = 'no model is set that can transcribe'

/**
 * Makes text of recordings, one after the other, the oldest first. What waits is what the store has as `pending`, so that
 * a restart loses nothing.
 */
export class Transcripts {
  readonly #ports: TranscriptPorts
  readonly #options: TranscriptOptions
  readonly #over = new AbortController()
  /** Told when a recording is done with, one way or the other. */
  readonly #waiting = new Map<string, () => void>()
  #wake = new AbortController()
  readonly #done: Promise<void>

  constructor(ports: TranscriptPorts, options: TranscriptOptions) {
    this.#ports = ports
    this.#options = options
    ports.recordingSteps.kept.push((recording) => this.#kept(recording))
    ports.recordingSteps.erased.push(({ id }) => this.#doneWith(id))
    this.#done = ports.recordingSteps.ready.then(() => this.#run())
  }

  /**
   * Asks for the text of a recording, once more if there is one. Failures `not_found`, `recording_in_progress`,
   * `transcription_failed`: no model can.
   */
  async ask(accountId: AccountId, id: string): Promise<RecordingRecord> {
    const { store } = this.#ports
    const found = () => store.recordings.get(accountId, id as RecordingId)
    const recording = isUuid(id) ? await found() : undefined
    if (!recording) throw noSuchRecording()
    if (recording.status !== 'completed') {
      throw new Failure('recording_in_progress', 'There is no whole recording yet')
    }
    const missing = this.#missing()
    if (missing !== undefined) throw new Failure('transcription_failed', missing)
    await store.recordings.amend(recording.id, {
      transcriptStatus: 'pending',
      transcriptFailure: null,
    })
    this.#wake.abort()
    const asked = await found()
    // Deleted just now, before it could be known that somebody waits for its text.
    if (!asked) throw noSuchRecording()
    return asked
  }

  /** Ends at once; what was under way is taken up again at the next start. */
  async close(): Promise<void> {
    this.#over.abort(new Error('the engine is shutting down'))
    this.#wake.abort()
    await this.#done
  }

  #missing(): string | undefined {
    const { transcriber } = this.#options
    return transcriber === undefined ? noModel : transcriber.unavailableBecause()
  }

  /** Its plain file may go afterwards, if it is encrypted: then that waits for us. */
  async #kept(recording: RecordingRecord): Promise<void> {
    const { store } = this.#ports
    if (recording.status !== 'completed') return
    const { transcribe = false } = await store.recordings.settings.get(recording.accountId)
    const now = await store.recordings.get(recording.accountId, recording.id)
    if (now === undefined || now.transcriptStatus === 'completed') return
    if (now.transcriptStatus === undefined) {
      if (!transcribe || this.#missing() !== undefined) return
      await store.recordings.amend(now.id, { transcriptStatus: 'pending' })
    }
    const done =
      now.encryption === undefined
        ? undefined
        : new Promise<void>((resolve) => this.#waiting.set(now.id, resolve))
    this.#wake.abort()
    await done
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#ports
    for (let failures = 0; !this.#over.signal.aborted; ) {
      this.#wake = new AbortController()
      try {
        await this.#round()
        failures = 0
      } catch (error) {
        if (this.#over.signal.aborted) return
        failures += 1
        log.error('recordings to be transcribed could not be looked up', { error: String(error) })
      }
      const waitMs = failures === 0 ? idleMs : pauseAfter(failures, pauses)
      await wait(clock, waitMs, failures === 0 ? this.#wake.signal : this.#over.signal)
    }
  }

  async #round(): Promise<void> {
    for (;;) {
      const [recording] = await this.#ports.store.recordings.toTranscribe(1)
      if (recording === undefined || this.#over.signal.aborted) return
      await this.#one(recording)
      this.#doneWith(recording.id)
    }
  }

  #doneWith(id: RecordingId): void {
    this.#waiting.get(id)?.()
    this.#waiting.delete(id)
  }

  async #one(recording: RecordingRecord): Promise<void> {
    let transcript: Transcript
    try {
      transcript = await this.#transcribed(recording)
    } catch (error) {
      if (this.#over.signal.aborted) throw error
      await this.#failed(recording, error)
      return
    }
    const change = { transcriptStatus: 'completed', transcript, transcriptFailure: null } as const
    // Not what was said: the log, and what was sent of it, are there longer than a recording that is deleted.
    await this.#settle(recording, change, 'recording.transcribed', {
      ...{ characters: transcript.text.length, segments: transcript.segments.length },
    })
  }

  async #transcribed(recording: RecordingRecord) {
    const { transcriber, soundOf } = this.#options
    const missing = this.#missing()
    if (transcriber === undefined || missing !== undefined) {
      throw new Failure('transcription_failed', missing ?? noModel)
    }
    if ((recording.durationMs ?? 0) > longestMs) {
      throw new Failure('transcription_failed', 'it is longer than 6 hours')
    }
    for (let attempt = 1; ; attempt++) {
      try {
        return await transcriber.transcribe(soundOf(recording), this.#over.signal)
      } catch (error) {
        const isWorth = error instanceof Failure && error.code === 'transcription_failed'
        if (!isWorth || attempt === attempts || this.#over.signal.aborted) throw error
      }
    }
  }

  async #failed(recording: RecordingRecord, error: unknown): Promise<void> {
    const reason = error instanceof Error ? error.message : String(error)
    const change = { transcriptStatus: 'failed', transcriptFailure: reason } as const
    const type = 'recording.transcription-failed'
    if (await this.#settle(recording, change, type, { reason }))
      this.#ports.log.warn('recording not transcribed', { recordingId: recording.id, reason })
  }

  /** Of one that was deleted meanwhile nothing is kept; with its deletion it was told that there will be no text. */
  #settle(
    recording: RecordingRecord,
    change: RecordingChange,
    type: AccountEventType,
    data: Readonly<Record<string, unknown>>,
  ): Promise<boolean> {
    const { store, clock } = this.#ports
    const about = { recordingId: recording.id, callId: recording.callId }
    const event = { type, atMs: clock.nowMs(), data: { ...about, ...data } }
    return store.recordings.transcribed(recording, change, event)
  }
}
