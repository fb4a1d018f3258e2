/** The way to a client, as far as audio goes. */
export interface AudioWire {
  /** Sent, and not gone yet. */
  readonly bufferedBytes: number
  sendAudio(message: Uint8Array): void
}

/** More than this is not given to the wire: what is there can't be taken back. */
const wireBytes = 16_384

/**
 * Audio on its way to a client who may be slow: what he has not fetched waits, so much and no more; then the oldest
 * goes, as the newest is what matters, and he is told how much.
 */
export class OutgoingFrames {
  readonly #wire: AudioWire
  readonly #most: number
  readonly #tellDropped: (frames: number, total: number) => void
  readonly #waiting: Uint8Array[] = []
  #dropped = 0
  #total = 0

  /** `most` messages wait. */
  constructor(wire: AudioWire, most: number, tellDropped: (frames: number, total: number) => void) {
    this.#wire = wire
    this.#most = most
    this.#tellDropped = tellDropped
  }

  /** That have been lost. */
  get total(): number {
    return this.#total
  }

  add(message: Uint8Array): void {
    this.#waiting.push(message)
    while (this.#waiting.length > this.#most) {
      this.#waiting.shift()
      this.lost(1)
    }
    this.flush()
  }

  /** So many have been lost, here or before. */
  lost(frames: number): void {
    this.#dropped += frames
    this.#total += frames
  }

  /** Sends what the wire has room for. */
  flush(): void {
    while (this.#waiting.length > 0 && this.#wire.bufferedBytes < wireBytes) {
      if (this.#dropped > 0) {
        this.#tellDropped(this.#dropped, this.#total)
        this.#dropped = 0
      }
      const next = this.#waiting.shift()
      if (next) this.#wire.sendAudio(next)
    }
  }
}
