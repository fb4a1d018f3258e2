import { openOggOpus } from '../../engine/dsp/ogg-opus.ts'
import type { SoundReader, SoundTaker } from './sound.ts'

/** Enough to see who speaks when, and the least work. */
const rateHz = 8_000

/** Reads Ogg Opus. */
export class OpusReader implements SoundReader {
  readonly #taker: SoundTaker
  readonly #decoder = openOggOpus(rateHz)
  #hasBegun = false
  #samples = new Int16Array(0)

  constructor(taker: SoundTaker) {
    this.#taker = taker
    this.#decoder.catch(() => undefined)
  }

  async take(bytes: Uint8Array): Promise<void> {
    this.#pass((await (await this.#decoder).decode(bytes)).channels)
  }

  async end(): Promise<void> {
    const decoder = await this.#decoder
    try {
      this.#pass((await decoder.flush()).channels)
    } finally {
      decoder.free()
    }
    if (!this.#hasBegun) throw new Error('there is no Ogg Opus in it')
  }

  #pass(channels: readonly Float32Array[]): void {
    const [first] = channels
    if (first === undefined) return
    const count = Math.min(2, channels.length)
    if (!this.#hasBegun) this.#taker.begins(count, rateHz)
    this.#hasBegun = true
    const length = first.length * count
    if (this.#samples.length < length) this.#samples = new Int16Array(length)
    for (let channel = 0; channel < count; channel++) {
      const from = channels[channel]!
      for (let i = 0; i < first.length; i++) {
        this.#samples[i * count + channel] = Math.max(-32_768, Math.min(32_767, from[i]! * 32_768))
      }
    }
    this.#taker.takes(this.#samples.subarray(0, length))
  }
}
