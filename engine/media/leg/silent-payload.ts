import type { CodecName } from '../agreement.ts'

/**
 * So many silent frames in a row, and an encoder makes of each what a decoder takes for silence, whatever it heard
 * before. That of G.722 never does: it swings around silence for ever, and one of its frames repeated is a buzz.
 */
const SETTLE_FRAMES: Readonly<Record<CodecName, number>> = {
  ...{ opus: 50, G722: Number.POSITIVE_INFINITY, PCMU: 1, PCMA: 1 },
}
/** What stands for 20 ms of silence is no longer than this in any codec. */
const MOST_BYTES = 160

/**
 * What an encoder makes of silence, kept while the silence lasts. Who only waits, by the hundred, is sent it again and
 * again, and his encoder, of which each frame costs as much as if somebody spoke (Opus: 130 us), rests.
 */
export class SilentPayload {
  readonly #settleFrames: number
  readonly #bytes = new Uint8Array(MOST_BYTES)
  #length = 0
  #frames = 0

  constructor(codec: CodecName) {
    this.#settleFrames = SETTLE_FRAMES[codec]
  }

  /** Looks at the next frame. True: what is kept stands for it. */
  fits(pcm: Int16Array): boolean {
    for (let i = 0; i < pcm.length; i++) {
      if (pcm[i] === 0) continue
      this.forget()
      return false
    }
    this.#frames += 1
    return this.#length > 0
  }

  /** Something else is sent. */
  forget(): void {
    this.#frames = 0
    this.#length = 0
  }

  /** What the encoder made of the frame that `fits` was asked about. */
  keep(payload: Uint8Array, at: number, bytes: number): void {
    if (this.#frames <= this.#settleFrames || bytes > MOST_BYTES) return
    for (let i = 0; i < bytes; i++) this.#bytes[i] = payload[at + i]!
    this.#length = bytes
  }

  /** Puts it into `out`, and returns how long it is. */
  copyTo(out: Uint8Array, at: number): number {
    for (let i = 0; i < this.#length; i++) out[at + i] = this.#bytes[i]!
    return this.#length
  }
}
