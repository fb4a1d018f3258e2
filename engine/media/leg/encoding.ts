import { clip16 } from '../../dsp/clip.ts'
import type { Encoder } from '../../dsp/codec.ts'
import { type CodecKind, FRAME_MS, frameSamples, type PcmRateHz } from './codec.ts'
import { FrameConverter } from './frame-converter.ts'
import { SilentPayload } from './silent-payload.ts'

/** In how much time what is new moves from where the old one ended to where it is. */
const JOIN_MS = 5

/** Makes a frame begin at `last`. */
export function lead(frame: Int16Array, last: number): void {
  const step = last - frame[0]!
  const samples = Math.floor((frame.length * JOIN_MS) / FRAME_MS)
  for (let i = 0; i < samples; i++) frame[i] = clip16(frame[i]! + step * (1 - i / samples))
}

/**
 * Lets the sound of a frame fall to nothing in its first half. The encoder keeps the end of each frame for the next
 * packet (Opus: 6.5 ms), which then is lost unheard.
 */
function fall(frame: Int16Array): void {
  const half = frame.length / 2
  for (let i = 0; i < half; i++) frame[i] = frame[i]! * (1 - i / half)
  frame.fill(0, half)
}

/** From a leg's PCM to payloads of a codec. Made and tuned outside of the tick. */
export class Encoding {
  readonly kind: CodecKind
  #encoder: Encoder
  #converter: FrameConverter
  /** Takes the place of `#encoder` after one more frame. */
  #next: Encoder | undefined
  /** Something was encoded. */
  #isHeard = false
  /** The last samples of the leg's PCM and of what was encoded. */
  #last = 0
  #lastCoded = 0
  #joins = false
  #joinsCoded = false
  readonly #silent: SilentPayload

  constructor(kind: CodecKind, rateHz: PcmRateHz) {
    this.#silent = new SilentPayload(kind.name)
    const codingRateHz = kind.codingRateHz(rateHz)
    this.kind = kind
    this.#encoder = kind.newEncoder(codingRateHz)
    this.#converter = new FrameConverter(rateHz, codingRateHz)
  }

  get rateHz(): PcmRateHz {
    return this.#converter.fromHz
  }

  /**
   * The leg's rate from now on. The encoder stays where it can: what decodes its stream far away goes on from
   * what came before, and makes a loud click of one that begins anew. One that can't stay ends in silence first.
   */
  tune(rateHz: PcmRateHz): void {
    if (rateHz === this.rateHz) return
    this.#silent.forget()
    const codingRateHz = this.kind.codingRateHz(rateHz)
    this.#next?.close()
    this.#next =
      codingRateHz === this.#encoder.rateHz ? undefined : this.kind.newEncoder(codingRateHz)
    if (!this.#isHeard) this.#turn()
    this.#converter = new FrameConverter(rateHz, this.#encoder.rateHz)
    this.#converter.convert(new Int16Array(frameSamples(rateHz)).fill(this.#last))
    this.#joins = true
    this.#joinsCoded = true
  }

  #turn(): void {
    if (!this.#next) return
    this.#encoder.close()
    this.#encoder = this.#next
    this.#next = undefined
    this.#converter = new FrameConverter(this.rateHz, this.#encoder.rateHz)
    this.rest()
  }

  /** What comes next has another source: it joins on to what was, without a click. */
  join(): void {
    this.#joins = true
  }

  /** The peer has heard something else, which nobody here knows: what comes next joins on to silence. */
  rest(): void {
    this.#joins = true
    this.#last = 0
    this.#lastCoded = 0
  }

  /** Changes `pcm` where it joins on. Returns bytes written to `out` from `at` on; 0 when nothing needs to be sent. */
  encode(pcm: Int16Array, out: Uint8Array, at: number): number {
    if (this.#joins) lead(pcm, this.#last)
    this.#joins = false
    if (this.#silent.fits(pcm)) return this.#silent.copyTo(out, at)
    const frame = this.#converter.convert(pcm)
    if (this.#joinsCoded) lead(frame, this.#lastCoded)
    this.#joinsCoded = false
    this.#last = pcm[pcm.length - 1]!
    this.#lastCoded = frame[frame.length - 1]!
    this.#isHeard = true
    if (this.#next) fall(frame)
    const bytes = this.#encoder.encode(frame, out, at)
    this.#silent.keep(out, at, bytes)
    this.#turn()
    return bytes
  }

  /** Goes on from where another one is, of the same codec: who has heard that one hears no break. */
  copyFrom(other: Encoding): void {
    this.#silent.forget()
    if (other.#encoder.rateHz !== this.#encoder.rateHz) {
      this.#encoder.close()
      this.#encoder = this.kind.newEncoder(other.#encoder.rateHz)
    }
    this.#encoder.copyFrom(other.#encoder)
    this.#next?.close()
    this.#next = other.#next && this.kind.newEncoder(other.#next.rateHz)
    const { fromHz, toHz } = other.#converter
    if (this.#converter.fromHz !== fromHz || this.#converter.toHz !== toHz) {
      this.#converter = new FrameConverter(fromHz, toHz)
    }
    this.#converter.copyFrom(other.#converter)
    this.#isHeard = other.#isHeard
    this.#last = other.#last
    this.#lastCoded = other.#lastCoded
    this.#joins = other.#joins
    this.#joinsCoded = other.#joinsCoded
  }

  close(): void {
    this.#next?.close()
    this.#encoder.close()
  }
}
