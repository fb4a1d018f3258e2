/**
 * Samples that come live from one thread and are played in another: a ring in shared memory with one writer
 * and one reader, neither of whom ever waits. 16-bit mono. Positions count samples and wrap at 32 bits; the
 * ring's length is a power of two, so that the wrap does no harm.
 */

/** Words before the samples. */
const WRITTEN = 0
const READ = 1
const ENDED = 2
const RATE_HZ = 3
/** What should lie ready before any of it is played. */
const READY = 4
const HEADER_WORDS = 8
const HEADER_BYTES = HEADER_WORDS * 4

/** Two seconds at 16 kHz: more than any recorder program gives at a time. */
const SAMPLES = 2 ** 15
/** A recorder that gives samples by the packet still comes late by that. */
const LEAST_READY_MS = 60
const MOST_READY_MS = 500
/** Beyond what should lie ready: more is delay, and the oldest goes. */
const SPARE_MS = 200

const samplesIn = (ms: number, rateHz: number): number => Math.round((ms * rateHz) / 1000)

/** The writer's end. */
export class SampleWriter {
  readonly shared: SharedArrayBuffer
  readonly #header: Int32Array
  readonly #samples: Int16Array
  readonly #mostReady: number
  #dropped = 0

  constructor(rateHz: number) {
    this.shared = new SharedArrayBuffer(HEADER_BYTES + SAMPLES * 2)
    this.#header = new Int32Array(this.shared, 0, HEADER_WORDS)
    this.#samples = new Int16Array(this.shared, HEADER_BYTES, SAMPLES)
    this.#header[RATE_HZ] = rateHz
    this.#header[READY] = samplesIn(LEAST_READY_MS, rateHz)
    this.#mostReady = samplesIn(MOST_READY_MS, rateHz)
  }

  /** Samples that found no room: nobody reads. */
  get dropped(): number {
    return this.#dropped
  }

  /** Adds what there is room for. */
  write(pcm: Int16Array): void {
    const header = this.#header
    const written = Atomics.load(header, WRITTEN)
    const room = SAMPLES - ((written - Atomics.load(header, READ)) | 0)
    const count = Math.min(pcm.length, room)
    for (let i = 0; i < count; i++) this.#samples[(written + i) & (SAMPLES - 1)] = pcm[i]!
    this.#dropped += pcm.length - count
    this.#expect(pcm.length)
    // Last: what the reader sees counted is there.
    Atomics.store(header, WRITTEN, (written + count) | 0)
  }

  /** No more will come; what is there is still played. */
  end(): void {
    Atomics.store(this.#header, ENDED, 1)
  }

  /** A program that gives so many samples at a time leaves gaps as long: one and a half of them bridge that. */
  #expect(count: number): void {
    const wanted = Math.min(this.#mostReady, Math.ceil(count * 1.5))
    if (wanted > Atomics.load(this.#header, READY)) Atomics.store(this.#header, READY, wanted)
  }
}

/** The reader's end. After construction it does not allocate. */
export class SampleReader {
  readonly rateHz: number
  readonly #header: Int32Array
  readonly #samples: Int16Array
  readonly #spare: number
  #plays = false
  #underruns = 0
  #skipped = 0

  constructor(shared: SharedArrayBuffer) {
    this.#header = new Int32Array(shared, 0, HEADER_WORDS)
    this.#samples = new Int16Array(shared, HEADER_BYTES, SAMPLES)
    this.rateHz = this.#header[RATE_HZ]!
    this.#spare = samplesIn(SPARE_MS, this.rateHz)
  }

  /** How often there was nothing to play in the middle of it. */
  get underruns(): number {
    return this.#underruns
  }

  /** Samples left out, as the writer's clock is faster or the reader stood still. */
  get skipped(): number {
    return this.#skipped
  }

  /** Samples that lie ready. */
  get waiting(): number {
    return (Atomics.load(this.#header, WRITTEN) - Atomics.load(this.#header, READ)) | 0
  }

  /** Fills `pcm`, with silence where nothing is there; false when nothing of it is left and no more will come. */
  next(pcm: Int16Array): boolean {
    // Before the count: what was written before the end is seen.
    const ended = Atomics.load(this.#header, ENDED) === 1
    const waiting = this.waiting
    const ready = Atomics.load(this.#header, READY)
    if (!this.#plays && !ended && waiting < ready) {
      pcm.fill(0)
      return true
    }
    this.#plays = true
    if (waiting > ready + this.#spare && !ended) this.#skip(waiting - ready)
    const count = this.#take(pcm)
    if (count === pcm.length) return true
    pcm.fill(0, count)
    if (ended) return count > 0
    this.#plays = false
    this.#underruns += 1
    return true
  }

  #skip(count: number): void {
    this.#skipped += count
    Atomics.store(this.#header, READ, (Atomics.load(this.#header, READ) + count) | 0)
  }

  #take(pcm: Int16Array): number {
    const read = Atomics.load(this.#header, READ)
    const count = Math.min(pcm.length, this.waiting)
    for (let i = 0; i < count; i++) pcm[i] = this.#samples[(read + i) & (SAMPLES - 1)]!
    Atomics.store(this.#header, READ, (read + count) | 0)
    return count
  }
}
