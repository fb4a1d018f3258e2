import fs from 'node:fs'
import { WAV_HEADER_BYTES, wavHeader } from '../engine/dsp/wav.ts'
import { SampleRing } from './sample-ring.ts'

/** The calls into the file system, so that a test can make each of them fail. */
export type FileCalls = Pick<typeof fs, 'open' | 'write' | 'ftruncate' | 'close'>

export type RecordingFailure = 'no_space' | 'io_error'

export interface RecordingResult {
  readonly path: string
  readonly durationMs: number
  /** Size of the file, header included. */
  readonly bytes: number
  /** Why the recording stops before its end; null when it is whole. */
  readonly failure: RecordingFailure | null
}

export interface RecordingWriterOptions {
  /** Must not exist yet, unless `goesOnAt` is given; its folder must. */
  readonly path: string
  /** The file is there, closed, and so many bytes long (RecordingResult): it is gone on with. */
  readonly goesOnAt?: number | undefined
  readonly rateHz?: number
  /** How much audio can wait for the disk. */
  readonly bufferMs?: number
  /** The file is brought up to date each time this much audio has come. */
  readonly flushMs?: number
  /** Called once, when the disk no longer takes the recording. */
  readonly onFailure?: (failure: RecordingFailure) => void
  readonly files?: FileCalls
}

export type RecordingState = 'opening' | 'open' | 'closing' | 'closed' | 'failed'

const FRAME_BYTES = 4
/** What people say is not for other users of the machine. */
const OWNER_ONLY = 0o600
const NO_SPACE = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

/**
 * Writes a stereo 16-bit WAV file from the media tick. `write` copies into a fixed ring and returns; the
 * disk is served by callbacks, one operation at a time. After each block the header is brought up to
 * date, so that a process that is killed leaves a file that plays up to its last second. Nothing here
 * throws or waits: a disk that fails or is full ends the recording with a valid file and a reason.
 */
export class RecordingWriter {
  readonly path: string
  /** Frames that came while the disk was behind; they are silence in the file, in their place. */
  overflowFrames = 0
  readonly #rateHz: number
  readonly #flushFrames: number
  readonly #onFailure: ((failure: RecordingFailure) => void) | undefined
  readonly #files: FileCalls
  readonly #ring: SampleRing
  readonly #goesOn: boolean
  #state: RecordingState = 'opening'
  #failure: RecordingFailure | null = null
  #fd = -1
  /** An operation is with the file system. */
  #busy = true
  #writtenBytes = 0
  /** What the header in the file tells. */
  #toldBytes = -1
  #owedFrames = 0
  readonly #closed: Promise<RecordingResult>
  #resolveClosed: (result: RecordingResult) => void = () => undefined

  constructor(options: RecordingWriterOptions) {
    const rateHz = options.rateHz ?? 8000
    this.path = options.path
    this.#goesOn = options.goesOnAt !== undefined
    this.#writtenBytes = Math.max(0, (options.goesOnAt ?? 0) - WAV_HEADER_BYTES)
    this.#rateHz = rateHz
    this.#flushFrames = Math.round((rateHz * (options.flushMs ?? 1000)) / 1000)
    this.#onFailure = options.onFailure
    this.#files = options.files ?? fs
    this.#ring = new SampleRing(Math.round((rateHz * (options.bufferMs ?? 4000)) / 1000))
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
    this.#files.open(this.path, this.#goesOn ? 'r+' : 'wx', OWNER_ONLY, (error, fd) => {
      if (error) return this.#fail(error)
      this.#fd = fd
      if (this.#state === 'opening') this.#state = 'open'
      this.#writeHeader()
    })
  }

  /** Starts the next operation that is due, if none is under way. */
  #next(): void {
    if (this.#busy) return
    const closing = this.#state === 'closing'
    if (closing) this.#payOwedSilence()
    const due = closing ? 1 : this.#flushFrames
    if (this.#ring.frames >= due) this.#writeSamples()
    else if (this.#toldBytes !== this.#writtenBytes) this.#writeHeader()
    else if (closing) this.#closeFile()
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
        if (error) return this.#fail(error)
        // A frame written in part, by a disk about to be full, is written again with the rest.
        const frames = Math.floor(written / FRAME_BYTES)
        if (frames === 0) return this.#fail(new Error('the disk takes no more'))
        ring.take(frames)
        this.#writtenBytes += frames * FRAME_BYTES
        this.#done()
      },
    )
  }

  #writeHeader(): void {
    this.#busy = true
    const dataBytes = this.#writtenBytes
    const header = this.#header(dataBytes)
    this.#files.write(this.#fd, header, 0, header.length, 0, (error) => {
      if (error) return this.#fail(error)
      this.#toldBytes = dataBytes
      this.#done()
    })
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

  /** Cuts the file to whole frames with a true header, as far as the disk still lets us. */
  #fail(error: NodeJS.ErrnoException): void {
    this.#state = 'failed'
    this.#failure = NO_SPACE.has(error.code ?? '') ? 'no_space' : 'io_error'
    this.#busy = true
    const result = this.#result()
    this.#onFailure?.(this.#failure)
    this.#cutOff(() => this.#resolveClosed(result))
  }

  #cutOff(settle: () => void): void {
    const fd = this.#fd
    this.#fd = -1
    if (fd < 0) {
      settle()
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
    return wavHeader({ rateHz: this.#rateHz, channels: 2, format: 'pcm16', dataBytes })
  }

  #result(): RecordingResult {
    const frames = this.#writtenBytes / FRAME_BYTES
    return {
      path: this.path,
      durationMs: Math.round((frames * 1000) / this.#rateHz),
      bytes: this.#writtenBytes === 0 && this.#failure ? 0 : WAV_HEADER_BYTES + this.#writtenBytes,
      failure: this.#failure,
    }
  }
}
