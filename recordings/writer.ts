import fs from 'node:fs'
import { WAV_HEADER_BYTES, wavHeader } from '../engine/dsp/wav.ts'
import { FileGone, failureOf, type RecordingFailure } from './failure.ts'
import type { GoesOn } from './goes-on.ts'
import { mendWav } from './mend-wav.ts'
import { SampleRing } from './sample-ring.ts'
import { inLine } from './sync-line.ts'

export type { RecordingFailure } from './failure.ts'

/** The calls into the file system, so that a test can make each of them fail. */
export type FileCalls = Pick<
  typeof fs,
  'open' | 'read' | 'write' | 'ftruncate' | 'close' | 'fdatasync' | 'fstat'
>

export interface RecordingResult {
  readonly path: string
  readonly durationMs: number
  /** Size of the file, header included. */
  readonly bytes: number
  /** Why the recording stops before its end; null when it is whole. */
  readonly failure: RecordingFailure | null
  /** So much of it is silence, in its place, as the disk or the encoder was behind; absent: nothing. */
  readonly lostMs?: number
  /** What wrote it has died: the file is whole up to a moment before, its length is not known, nor are the figures true. */
  readonly cut?: boolean
}

export interface RecordingWriterOptions {
  /** Must not exist yet, unless it is gone on with; its folder must. */
  readonly path: string
  readonly goesOn?: GoesOn
  readonly rateHz?: number
  /** Default 2; of one channel it is the left that is written. */
  readonly channels?: 1 | 2
  /** How much audio can wait for the disk. */
  readonly bufferMs?: number
  /** The file is brought up to date each time this much audio has come. */
  readonly flushMs?: number
  /** Called once, when the disk no longer takes the recording. */
  readonly onFailure?: (failure: RecordingFailure) => void
  readonly files?: FileCalls
}

export type RecordingState = 'opening' | 'open' | 'closing' | 'closed' | 'failed'

/** What people say is not for other users of the machine. */
const OWNER_ONLY = 0o600
const TO_GO_ON = fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_NOFOLLOW

/**
 * Writes a 16-bit WAV file from the media tick. `write` copies into a fixed ring and returns; the
 * disk is served by callbacks, one operation at a time. After each block the header is brought up to
 * date, so that a process that is killed leaves a file that plays up to its last second; and the disk is
 * asked to have it safe, beside the writing. Nothing here throws or waits: a disk that fails or is full
 * ends the recording with a valid file and a reason.
 */
export class RecordingWriter {
  readonly path: string
  /** Frames that came while the disk was behind; they are silence in the file, in their place. */
  overflowFrames = 0
  readonly #rateHz: number
  readonly #channels: 1 | 2
  readonly #frameBytes: number
  readonly #flushFrames: number
  readonly #onFailure: ((failure: RecordingFailure) => void) | undefined
  readonly #files: FileCalls
  readonly #ring: SampleRing
  readonly #goesOn: GoesOn | undefined
  /** What is in the file is ours to be cut off and told. */
  #isMended: boolean
  #state: RecordingState = 'opening'
  #failure: RecordingFailure | null = null
  #fd = -1
  /** An operation is with the file system. */
  #busy = true
  #writtenBytes = 0
  /** What the header in the file tells. */
  #toldBytes = -1
  /** How much of it the disk has safe, or is asked to. */
  #safeBytes = -1
  #syncing = false
  #isCutOff = false
  #owedFrames = 0
  readonly #closed: Promise<RecordingResult>
  #resolveClosed: (result: RecordingResult) => void = () => undefined

  constructor(options: RecordingWriterOptions) {
    const rateHz = options.rateHz ?? 8000
    this.path = options.path
    this.#goesOn = options.goesOn
    this.#isMended = this.#goesOn === undefined
    this.#rateHz = rateHz
    this.#channels = options.channels ?? 2
    this.#frameBytes = this.#channels * 2
    this.#flushFrames = Math.round((rateHz * (options.flushMs ?? 1000)) / 1000)
    this.#onFailure = options.onFailure
    this.#files = options.files ?? fs
    this.#ring = new SampleRing(
      Math.round((rateHz * (options.bufferMs ?? 4000)) / 1000),
      this.#channels,
    )
    this.#closed = new Promise((resolve) => {
      this.#resolveClosed = resolve
    })
    this.#open()
  }

  get state(): RecordingState {
    return this.#state
  }

  get failure(): RecordingFailure | null {
    return this.#failure
  }

  /** Adds `samples` to each channel; without effect once closing or failed. */
  write(left: Int16Array, right: Int16Array, samples: number): void {
    if (this.#state !== 'open' && this.#state !== 'opening') return
    this.#payOwedSilence()
    if (this.#owedFrames > 0 || this.#ring.room < samples) {
      this.#owedFrames += samples
      this.overflowFrames += samples
    } else {
      this.#ring.put(left, right, 0, samples)
    }
    if (this.#ring.frames >= this.#flushFrames) this.#next()
  }

  /** Writes what waits and closes the file. Never rejects; later calls give the same result. */
  close(): Promise<RecordingResult> {
    if (this.#state === 'open' || this.#state === 'opening') {
      this.#state = 'closing'
      this.#next()
    }
    return this.#closed
  }

  /** Keeps the rest of the recording in its place in time after the disk was behind. */
  #payOwedSilence(): void {
    const frames = Math.min(this.#owedFrames, this.#ring.room)
    if (frames === 0) return
    this.#ring.putSilence(frames)
    this.#owedFrames -= frames
  }

  #open(): void {
    this.#files.open(this.path, this.#goesOn ? TO_GO_ON : 'wx', OWNER_ONLY, (error, fd) => {
      if (error) return this.#fail(error)
      this.#fd = fd
      if (this.#goesOn) this.#mend(this.#goesOn)
      else this.#begin()
    })
  }

  #mend(goesOn: GoesOn): void {
    const shape = { rateHz: this.#rateHz, channels: this.#channels }
    mendWav(this.#files, this.#fd, shape, goesOn, (error, samples) => {
      if (error) return this.#fail(error)
      this.#isMended = true
      this.#writtenBytes = samples * this.#frameBytes
      this.#begin()
    })
  }

  #begin(): void {
    if (this.#state === 'opening') this.#state = 'open'
    this.#writeHeader()
  }

  /** Starts the next operation that is due, if none is under way. */
  #next(): void {
    if (this.#busy || this.#state === 'failed') return
    const closing = this.#state === 'closing'
    if (closing) this.#payOwedSilence()
    const due = closing ? 1 : this.#flushFrames
    if (this.#ring.frames >= due) this.#writeSamples()
    else if (this.#toldBytes !== this.#writtenBytes) this.#writeHeader()
    else if (!closing || this.#syncing) return
    else if (this.#safeBytes !== this.#writtenBytes) this.#sync()
    else this.#closeFile()
  }

  #writeSamples(): void {
    const ring = this.#ring
    this.#busy = true
    const position = WAV_HEADER_BYTES + this.#writtenBytes
    this.#files.write(
      this.#fd,
      ring.bytes,
      ring.readOffset,
      ring.straightBytes,
      position,
      (error, written) => {
        if (this.#isOver()) return
        if (error) return this.#fail(error)
        // A frame written in part, by a disk about to be full, is written again with the rest.
        const frames = Math.floor(written / this.#frameBytes)
        if (frames === 0) return this.#fail(new Error('the disk takes no more'))
        ring.take(frames)
        this.#writtenBytes += frames * this.#frameBytes
        this.#done()
      },
    )
  }

  #writeHeader(): void {
    this.#busy = true
    const dataBytes = this.#writtenBytes
    const header = this.#header(dataBytes)
    this.#files.write(this.#fd, header, 0, header.length, 0, (error) => {
      if (this.#isOver()) return
      if (error) return this.#fail(error)
      this.#toldBytes = dataBytes
      if (this.#state === 'open' && !this.#syncing) this.#sync()
      this.#done()
    })
  }

  /** Has the disk keep what was written; meanwhile more is written. */
  #sync(): void {
    const bytes = this.#toldBytes
    this.#syncing = true
    inLine((leave) => {
      this.#files.fdatasync(this.#fd, (error) => {
        if (error) return this.#synced(leave, error)
        this.#files.fstat(this.#fd, (failed, stats) => {
          if (failed || stats.nlink > 0) this.#safeBytes = bytes
          this.#synced(leave, failed ?? (stats.nlink > 0 ? null : new FileGone('removed')))
        })
      })
    })
  }

  #synced(leave: () => void, error: NodeJS.ErrnoException | null): void {
    leave()
    this.#syncing = false
    if (this.#state === 'failed') this.#cutOffWhenStill()
    else if (error) this.#fail(error, false)
    else this.#next()
  }

  /** At the end of an operation: it has failed meanwhile, and is cut off now. */
  #isOver(): boolean {
    if (this.#state !== 'failed') return false
    this.#busy = false
    this.#cutOffWhenStill()
    return true
  }

  #done(): void {
    this.#busy = false
    this.#next()
  }

  #closeFile(): void {
    this.#busy = true
    this.#files.close(this.#fd, (error) => {
      this.#fd = -1
      if (error) return this.#fail(error)
      this.#state = 'closed'
      this.#resolveClosed(this.#result())
    })
  }

  /** `wasBusy`: it is the operation that has failed, and not the disk's keeping. */
  #fail(error: NodeJS.ErrnoException, wasBusy = true): void {
    if (wasBusy) this.#busy = false
    this.#state = 'failed'
    this.#failure = failureOf(error)
    this.#onFailure?.(this.#failure)
    this.#cutOffWhenStill()
  }

  /** Nothing is asked of a file that is closed: its number may be another file's by then. */
  #cutOffWhenStill(): void {
    if (this.#busy || this.#syncing || this.#isCutOff) return
    this.#isCutOff = true
    const result = this.#result()
    this.#cutOff(() => this.#resolveClosed(result))
  }

  /** Cuts the file to whole frames with a true header, as far as the disk still lets us. */
  #cutOff(settle: () => void): void {
    const fd = this.#fd
    this.#fd = -1
    if (fd < 0) {
      settle()
      return
    }
    if (!this.#isMended) {
      this.#files.close(fd, settle)
      return
    }
    const header = this.#header(this.#writtenBytes)
    this.#files.ftruncate(fd, WAV_HEADER_BYTES + this.#writtenBytes, () => {
      this.#files.write(fd, header, 0, header.length, 0, () => {
        this.#files.close(fd, settle)
      })
    })
  }

  #header(dataBytes: number): Uint8Array {
    return wavHeader({ rateHz: this.#rateHz, channels: this.#channels, format: 'pcm16', dataBytes })
  }

  #result(): RecordingResult {
    const frames = this.#writtenBytes / this.#frameBytes
    const lostMs = Math.round((this.overflowFrames * 1000) / this.#rateHz)
    return {
      ...(lostMs > 0 && { lostMs }),
      path: this.path,
      durationMs: Math.round((frames * 1000) / this.#rateHz),
      bytes: this.#writtenBytes === 0 && this.#failure ? 0 : WAV_HEADER_BYTES + this.#writtenBytes,
      failure: this.#failure,
    }
  }
}
