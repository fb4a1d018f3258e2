/** Frames, of one or two channels, waiting to be written: bytes of interleaved 16-bit samples in one fixed block. */
export class SampleRing {
  readonly #samples: Int16Array
  readonly #bytes: Uint8Array
  readonly #capacity: number
  readonly #channels: number
  #readAt = 0
  #used = 0

  constructor(frames: number, channels: 1 | 2 = 2) {
    this.#channels = channels
    this.#samples = new Int16Array(frames * channels)
    this.#bytes = new Uint8Array(this.#samples.buffer)
    this.#capacity = frames
  }

  get frames(): number {
    return this.#used
  }

  get room(): number {
    return this.#capacity - this.#used
  }

  get capacity(): number {
    return this.#capacity
  }

  /** Needs room for `count`; of one channel `right` is passed over. */
  put(left: Int16Array, right: Int16Array, offset: number, count: number): void {
    const channels = this.#channels
    let at = (this.#readAt + this.#used) % this.#capacity
    for (let i = 0; i < count; i++) {
      this.#samples[channels * at] = left[offset + i]!
      if (channels === 2) this.#samples[2 * at + 1] = right[offset + i]!
      at = at + 1 === this.#capacity ? 0 : at + 1
    }
    this.#used += count
  }

  /** Needs room for `count`. */
  putSilence(count: number): void {
    const at = (this.#readAt + this.#used) % this.#capacity
    const straight = Math.min(count, this.#capacity - at)
    this.#samples.fill(0, this.#channels * at, this.#channels * (at + straight))
    this.#samples.fill(0, 0, this.#channels * (count - straight))
    this.#used += count
  }

  /** The whole block; what waits begins at `readOffset` and goes on for `straightBytes`. */
  get bytes(): Uint8Array {
    return this.#bytes
  }

  get readOffset(): number {
    return this.#readAt * this.#channels * 2
  }

  /** Bytes waiting up to the end of the block; what comes after begins at 0 again. */
  get straightBytes(): number {
    return Math.min(this.#used, this.#capacity - this.#readAt) * this.#channels * 2
  }

  /** Frees frames that were written. */
  take(frames: number): void {
    this.#readAt = (this.#readAt + frames) % this.#capacity
    this.#used -= frames
  }
}
