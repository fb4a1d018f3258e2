import { clip16 } from '../../dsp/clip.ts'
import type { Encoder } from '../../dsp/codec.ts'
import { type CodecKind, FRAME_MS, frameSamples, type PcmRateHz } from './codec.ts'
import { FrameConverter } from './frame-converter.ts'

/** In how much time what is new moves from where the old one ended to where it is. */
const JOIN_MS = 5

/** Makes a frame begin at `last`. */
function lead(frame: Int16Array, last: number): void {
  const step = last - frame[0]!
  const samples = Math.floor((frame.length * JOIN_MS) / FRAME_MS)
  for (let i = 0; i < samples; i++) frame[i] = clip16(frame[i]! + step * (1 - i / samples))
}

/** From a leg's PCM to payloads of a codec. Made outside of the tick. */
export class Encoding {
  readonly kind: CodecKind
  #encoder: Encoder
  #converter: FrameConverter
  /** The last samples of the leg's PCM and of what was encoded. */
  #last = 0
  #lastCoded = 0
  #joins = false
  #joinsCoded = false

  constructor(kind: CodecKind, rateHz: PcmRateHz) {
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
   * what came before, and makes a loud click of one that begins anew (G.722).
   */
  tune(rateHz: PcmRateHz): void {
    if (rateHz === this.rateHz) return
    const codingRateHz = this.kind.codingRateHz(rateHz)
    if (codingRateHz !== this.#converter.toHz) {
      this.#encoder.close()
      this.#encoder = this.kind.newEncoder(codingRateHz)
    }
    this.#converter = new FrameConverter(rateHz, codingRateHz)
    this.#converter.convert(new Int16Array(frameSamples(rateHz)).fill(this.#last))
    this.#joins = true
    this.#joinsCoded = true
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
    const frame = this.#converter.convert(pcm)
    if (this.#joinsCoded) lead(frame, this.#lastCoded)
    this.#joins = false
    this.#joinsCoded = false
    this.#last = pcm[pcm.length - 1]!
    this.#lastCoded = frame[frame.length - 1]!
    return this.#encoder.encode(frame, out, at)
  }

  close(): void {
    this.#encoder.close()
  }
}
