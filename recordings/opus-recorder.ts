import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { RecordingFailure } from './failure.ts'
import { FrameRingWriter, newFrameRing } from './frame-ring.ts'
import type { GoesOn } from './goes-on.ts'
import type { OpusAsk, OpusTold } from './opus-messages.ts'
import type { RecordingResult } from './writer.ts'

export interface OpusRecorderOptions {
  readonly path: string
  readonly channels: 1 | 2
  readonly rateHz: 8000 | 16_000
  readonly goesOn?: GoesOn
  /** Called once, when the disk no longer takes the recording. */
  readonly onFailure?: (failure: RecordingFailure) => void
}

/** What runs the desk: a thread, or in tests none. */
export interface OpusThread {
  ask(ask: OpusAsk): void
}

type StartThread = (tell: (told: OpusTold) => void, died: () => void) => OpusThread

/** A stereo recording in which both speak takes half a per cent of a core: of so many half of one. */
const MOST_OF_A_THREAD = 100

/** A thread, and what it writes. */
class Scribe {
  readonly thread: OpusThread
  readonly #open = new Map<number, OpusRecorder>()

  constructor(start: StartThread, died: (scribe: Scribe) => void) {
    this.thread = start(
      (told) => {
        const recorder = this.#open.get(told.id)
        if (told.is === 'found') {
          recorder?.found(told.samples)
          return
        }
        const { durationMs, bytes, failure } = told
        this.#open.delete(told.id)
        recorder?.ended({ durationMs, bytes, failure })
      },
      () => {
        died(this)
        this.#fail()
      },
    )
  }

  get load(): number {
    return this.#open.size
  }

  open(id: number, options: OpusRecorderOptions): OpusRecorder {
    const recorder = new OpusRecorder(options, id, this.thread)
    this.#open.set(id, recorder)
    recorder.begin()
    return recorder
  }

  /** Files are whole up to their last page. */
  #fail(): void {
    for (const recorder of this.#open.values()) {
      recorder.ended({ durationMs: 0, bytes: 0, failure: 'io_error', cut: true })
    }
    this.#open.clear()
  }
}

/**
 * Encodes recordings beside the media thread: a thread begins with the first of them, and others, as many as there are
 * cores, where one has much to do. In place of one that dies the next recording begins another.
 */
export class OpusRecorders {
  readonly #start: StartThread
  readonly #mostThreads: number
  readonly #scribes = new Set<Scribe>()
  #count = 0

  constructor(start: StartThread = ofWorker, mostThreads = availableParallelism()) {
    this.#start = start
    this.#mostThreads = mostThreads
  }

  open(options: OpusRecorderOptions): OpusRecorder {
    this.#count += 1
    return this.#leastBusy().open(this.#count, options)
  }

  #leastBusy(): Scribe {
    const [least] = [...this.#scribes].toSorted((a, b) => a.load - b.load)
    const isEnough =
      least && (least.load < MOST_OF_A_THREAD || this.#scribes.size >= this.#mostThreads)
    if (isEnough) return least
    const scribe = new Scribe(this.#start, (dead) => this.#scribes.delete(dead))
    this.#scribes.add(scribe)
    return scribe
  }
}

const ofWorker: StartThread = (tell, died) => {
  const worker = new Worker(new URL('./opus-thread.ts', import.meta.url))
  // An error is followed by the exit.
  let isDead = false
  const end = (): void => {
    if (!isDead) died()
    isDead = true
  }
  worker.on('message', tell)
  worker.on('error', end)
  worker.on('exit', end)
  // Whoever closes waits for what is told; nothing else keeps the media thread alive.
  worker.unref()
  return { ask: (ask) => worker.postMessage(ask) }
}

/** An Ogg Opus file of one recording, as the media thread has it: `write` copies into a ring and returns. */
export class OpusRecorder {
  readonly path: string
  /** Samples of a channel that came while the disk was behind; they are silence in the file, in their place. */
  overflowFrames = 0
  readonly #options: OpusRecorderOptions
  readonly #id: number
  readonly #thread: OpusThread
  readonly #shared: SharedArrayBuffer
  readonly #ring: FrameRingWriter
  #owed = 0
  #isOpen = true
  readonly #closed = Promise.withResolvers<RecordingResult>()

  constructor(options: OpusRecorderOptions, id: number, thread: OpusThread) {
    this.path = options.path
    this.#options = options
    this.#id = id
    this.#thread = thread
    this.#shared = newFrameRing(options)
    this.#ring = new FrameRingWriter(this.#shared, options)
  }

  begin(): void {
    const { path, channels, rateHz, goesOn } = this.#options
    this.#thread.ask({
      ...{ is: 'open', id: this.#id, path, channels, rateHz, goesOnAt: goesOn?.atSamples },
      ring: this.#shared,
    })
  }

  /** Told by the thread, of a file that is gone on with. */
  found(samples: number): void {
    this.#options.goesOn?.found(samples)
  }

  /** Adds `samples` to each channel; without effect once closing or failed. */
  write(left: Int16Array, right: Int16Array, samples: number): void {
    if (!this.#isOpen) return
    const paid = Math.min(this.#owed, this.#ring.room)
    if (paid > 0) this.#ring.write(undefined, undefined, paid)
    this.#owed -= paid
    if (this.#owed > 0 || this.#ring.room < samples) {
      this.#owed += samples
      this.overflowFrames += samples
    } else {
      this.#ring.write(left, right, samples)
    }
  }

  /** `goesOn`: somebody else goes on with the file. Never rejects; later calls give the same result. */
  close(goesOn = false): Promise<RecordingResult> {
    if (this.#isOpen) {
      this.#isOpen = false
      this.#thread.ask({ is: 'close', id: this.#id, owed: this.#owed, ends: !goesOn })
    }
    return this.#closed.promise
  }

  /** Told by the thread, once. */
  ended(result: Omit<RecordingResult, 'path' | 'lostMs'>): void {
    this.#isOpen = false
    const lostMs = Math.round((this.overflowFrames * 1000) / this.#options.rateHz)
    this.#closed.resolve({ path: this.path, ...result, ...(lostMs > 0 && { lostMs }) })
    if (result.failure !== null) this.#options.onFailure?.(result.failure)
  }
}
