/**
 * Recorded samples on their way from the media thread to the one that encodes them: a ring in shared memory with one
 * writer and one reader, neither of whom ever waits. Positions count samples of one channel and wrap at 32 bits; the
 * ring's length is a power of two, so that the wrap does no harm.
 */

const WRITTEN = 0
const READ = 1
const HEADER_WORDS = 4
const HEADER_BYTES = HEADER_WORDS * 4

/** So much may wait for a disk that is behind. */
const LEAST_MS = 4000

export interface FrameRingShape {
  readonly channels: 1 | 2
  readonly rateHz: number
}

const lengthOf = ({ rateHz }: FrameRingShape): number =>
  2 ** Math.ceil(Math.log2((rateHz * LEAST_MS) / 1000))

export const newFrameRing = (shape: FrameRingShape): SharedArrayBuffer =>
  new SharedArrayBuffer(HEADER_BYTES + lengthOf(shape) * shape.channels * 2)

class Ring {
  protected readonly header: Int32Array
  protected readonly samples: Int16Array
  protected readonly channels: number
  protected readonly length: number

  constructor(shared: SharedArrayBuffer, shape: FrameRingShape) {
    this.header = new Int32Array(shared, 0, HEADER_WORDS)
    this.samples = new Int16Array(shared, HEADER_BYTES)
    this.channels = shape.channels
    this.length = lengthOf(shape)
  }

  /** Samples of a channel that wait. */
  get waiting(): number {
    return (Atomics.load(this.header, WRITTEN) - Atomics.load(this.header, READ)) | 0
  }
}

/** The writer's end; allocates nothing. */
export class FrameRingWriter extends Ring {
  get room(): number {
    return this.length - this.waiting
  }

  /** Needs room for `count`; without samples it is silence. */
  write(left: Int16Array | undefined, right: Int16Array | undefined, count: number): void {
    const { samples, channels } = this
    const mask = this.length - 1
    const written = Atomics.load(this.header, WRITTEN)
    for (let i = 0; i < count; i++) {
      const at = ((written + i) & mask) * channels
      samples[at] = left === undefined ? 0 : left[i]!
      if (channels === 2) samples[at + 1] = right === undefined ? 0 : right[i]!
    }
    // Last: what the reader sees counted is there.
    Atomics.store(this.header, WRITTEN, (written + count) | 0)
  }
}

/** The reader's end. */
export class FrameRingReader extends Ring {
  /** Hands over all that waits, in one or two stretches: `count` of each channel, from sample `at` of the array on. */
  drain(take: (samples: Int16Array, at: number, count: number) => void): void {
    let left = this.waiting
    while (left > 0) {
      const read = Atomics.load(this.header, READ)
      const at = read & (this.length - 1)
      const count = Math.min(left, this.length - at)
      take(this.samples, at, count)
      Atomics.store(this.header, READ, (read + count) | 0)
      left -= count
    }
  }
}
