import type { PcmRateHz } from '../../dsp/codec.ts'
import { type StreamDecoder, streamDecoder } from './coders.ts'
import { FrameRing } from './frame-ring.ts'
import { MARK, MARKED, type StreamTerms } from './terms.ts'

/** So many frames are to lie ready before the first one is played, or that one has waited for so many ticks. */
const READY_FRAMES = 2
const READY_TICKS = 2

/** What a stream says into a leg, a frame a tick, and its marks. Allocates nothing in the tick. */
export class StreamVoice {
  readonly #ring: FrameRing
  readonly #answers: FrameRing
  readonly #decoder: StreamDecoder
  #isSpeaking = false
  #waitedTicks = 0

  constructor({ options, up, down }: StreamTerms, rateHz: PcmRateHz) {
    this.#ring = new FrameRing(down)
    this.#answers = new FrameRing(up)
    this.#decoder = streamDecoder(options, rateHz)
  }

  tune(rateHz: PcmRateHz): void {
    this.#decoder.tune(rateHz)
  }

  /** It has something to say in this tick. */
  get isSpeaking(): boolean {
    return this.#isSpeaking
  }

  /** At the beginning of a tick: throws away what was cleared, answers marks, and sees whether there is a frame. */
  attend(): void {
    const ring = this.#ring
    while (ring.waiting > 0 && (ring.isCleared || ring.kind === MARK)) {
      if (ring.kind === MARK) this.#answer(ring.first, ring.isCleared)
      ring.release()
    }
    const { waiting } = ring
    this.#waitedTicks = waiting > 0 ? this.#waitedTicks + 1 : 0
    if (waiting === 0) this.#isSpeaking = false
    else if (waiting >= READY_FRAMES || this.#waitedTicks > READY_TICKS) this.#isSpeaking = true
  }

  /** The frame of this tick, lent until the next one. Only when it is speaking. */
  next(): Int16Array {
    const ring = this.#ring
    const pcm = this.#decoder.decode(ring.bytes, ring.payloadAt, ring.length)
    ring.release()
    return pcm
  }

  #answer(mark: number, isCleared: boolean): void {
    if (this.#answers.reserve() >= 0) this.#answers.commit(MARKED, 0, mark, isCleared ? 1 : 0)
  }

  close(): void {
    this.#decoder.close()
  }
}
