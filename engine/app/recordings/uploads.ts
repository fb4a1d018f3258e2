import type { AccountEventType } from '../../core/events.ts'
import { Failure } from '../../core/failures.ts'
import type { RecordingChange, RecordingRecord } from '../../core/ports/recordings.ts'
import type { Ports } from '../ports.ts'
import { wait } from '../wait.ts'
import { pauseAfter } from './backoff.ts'

/** Where whole recordings are brought; implemented by recordings/. */
export interface UploadFiles {
  /** Resolves with how many bytes are there; `save` keeps how far it is. */
  upload(
    recording: RecordingRecord,
    save: (state: NonNullable<RecordingChange['upload']>) => Promise<void>,
  ): Promise<number>
  dropLocal(recording: RecordingRecord): Promise<void>
  /** As of RecordingFiles. */
  erase(recording: RecordingRecord): Promise<void>
}

export interface UploadOptions {
  readonly files: UploadFiles
  /** The copy in the folder stays. */
  readonly keepsLocal: boolean
}

type UploadPorts = Pick<Ports, 'store' | 'recordingSteps' | 'clock' | 'log'>

const pauses = { firstMs: 1_000, longestMs: 300_000 }
/** What was kept while nobody told us is found then. */
const idleMs = 600_000
const atOnce = 20
/** A failure is told first at once, then ever more seldom. */
const isTold = (attempts: number): boolean => (attempts & (attempts - 1)) === 0

/**
 * Brings whole recordings into the bucket, one after the other, and removes the local copies that are safely there. A bucket
 * that fails is tried again and again, after ever longer pauses; so is one recording, without the others waiting for it.
 */
export class Uploads {
  readonly #ports: UploadPorts
  readonly #options: UploadOptions
  readonly #over = new AbortController()
  readonly #attempts = new Map<string, number>()
  /** Of those whose file is not here, as after a move without the data folder: when it is looked for again. */
  readonly #goneUntilMs = new Map<string, number>()
  #wake = new AbortController()
  /** Up to which each has had its turn. */
  #after: RecordingRecord | undefined
  readonly #done: Promise<void>

  constructor(ports: UploadPorts, options: UploadOptions) {
    this.#ports = ports
    this.#options = options
    ports.recordingSteps.settled.push(() => this.#wake.abort())
    this.#done = ports.recordingSteps.ready.then(() => this.#run())
  }

  /** Ends after the part that is under way. */
  async close(): Promise<void> {
    this.#over.abort()
    this.#wake.abort()
    await this.#done
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#ports
    for (let failures = 0; !this.#over.signal.aborted; ) {
      this.#wake = new AbortController()
      try {
        const failed = await this.#round()
        failures = failed === 0 ? 0 : failures + 1
      } catch (error) {
        failures += 1
        log.error('recordings to be uploaded could not be looked up', { error: String(error) })
      }
      const waitMs = failures === 0 ? idleMs : pauseAfter(failures, pauses)
      // A new recording does not make a bucket that fails better.
      await wait(clock, waitMs, failures === 0 ? this.#wake.signal : this.#over.signal)
    }
  }

  /** Each recording once, as long as the bucket is there; how many it has refused. */
  async #round(): Promise<number> {
    let failed = 0
    for (;;) {
      const some = await this.#ports.store.recordings.toUpload(atOnce, this.#after)
      for (const recording of some) {
        if (this.#over.signal.aborted) return failed
        this.#after = recording
        if (await this.#upload(recording)) continue
        failed += 1
        // The bucket itself may be gone: the others would only fail too, and come next.
        if (failed > 2) return failed
      }
      if (some.length < atOnce) {
        this.#after = undefined
        return failed
      }
    }
  }

  /** False: the bucket did not take it. */
  async #upload(recording: RecordingRecord): Promise<boolean> {
    const { store, clock } = this.#ports
    const { files, keepsLocal } = this.#options
    const { id } = recording
    if ((this.#goneUntilMs.get(id) ?? 0) > clock.monotonicMs()) return true
    try {
      const bytes = await files.upload(recording, async (upload) => {
        await store.recordings.amend(id, { upload })
        if (this.#over.signal.aborted) throw new Error('the engine is shutting down')
      })
      if ((await store.recordings.get(recording.accountId, id)) === undefined) {
        // Deleted meanwhile.
        await files.erase({ ...recording, place: 'bucket' })
        return true
      }
      if (!keepsLocal) await files.dropLocal(recording)
      const place = keepsLocal ? 'both' : 'bucket'
      await store.recordings.amend(id, { place, uploadedAtMs: clock.nowMs(), upload: null })
      this.#attempts.delete(id)
      this.#goneUntilMs.delete(id)
      await this.#tell('recording.uploaded', recording, { bytes })
      return true
    } catch (error) {
      if (this.#over.signal.aborted) return false
      await this.#failed(recording, error)
      const isGone = error instanceof Failure && error.code === 'not_found'
      // That is no fault of the bucket, for which the others would have to wait.
      if (isGone) this.#goneUntilMs.set(id, clock.monotonicMs() + idleMs)
      return isGone
    }
  }

  async #failed(recording: RecordingRecord, error: unknown): Promise<void> {
    const { log } = this.#ports
    const attempts = (this.#attempts.get(recording.id) ?? 0) + 1
    this.#attempts.set(recording.id, attempts)
    const reason = (error as { reason?: unknown }).reason
    const message = error instanceof Error ? error.message : String(error)
    const said = { attempts, reason: typeof reason === 'string' ? reason : 'failed', message }
    log.warn('recording not uploaded', { recordingId: recording.id, ...said })
    if (isTold(attempts)) await this.#tell('recording.upload-failed', recording, said)
  }

  async #tell(
    type: AccountEventType,
    { id: recordingId, accountId, callId }: RecordingRecord,
    data: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const { store, clock, log } = this.#ports
    const event = { type, atMs: clock.nowMs(), data: { recordingId, callId, ...data } }
    try {
      await store.events.append(accountId, [event])
    } catch (error) {
      log.error('an upload could not be told', { recordingId, error: String(error) })
    }
  }
}
