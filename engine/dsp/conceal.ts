import { clip16 } from './clip.ts'

/** The lengths below are samples at this rate. */
const BASE_RATE_HZ = 8000
/** Pitch from 66 to 200 Hz, as ITU-T G.711 Appendix I looks for it. */
const MIN_LAG = 40
const MAX_LAG = 120
/** The newest 20 ms are compared with what lies a lag before them. */
const WINDOW = 160
/** At first only every second lag is tried, with every second sample. */
const COARSE_STRIDE = 2
const HISTORY = MAX_LAG + WINDOW + MAX_LAG / 4
/** So many times that is kept room for. */
const ROOM = 4
/** Full level for 10 ms, then down by a fifth each 10 ms: silent after 60 ms. */
const HOLD_SAMPLES = BASE_RATE_HZ / 100
const FADE_SAMPLES = (BASE_RATE_HZ * 50) / 1000
/** Blend back into real speech: 4 ms, and 4 ms more for each 10 ms filled, up to 10 ms. */
const BLEND_SAMPLES = 32
const MAX_BLEND_SAMPLES = 80
/** What is heard when the sender falls silent fades within 5 ms. */
const PAUSE_FADE_SAMPLES = 40

/**
 * Packet loss concealment in the manner of ITU-T G.711 Appendix I, without added delay: repeats the last
 * pitch period with overlapped joins, fades it to silence, and blends into the first good frame. Call
 * `good` for each frame received and `conceal` for each one missing.
 */
export class Concealer {
  /** Samples for one at 8 kHz. */
  readonly #scale: number
  readonly #past: number
  /** Its last `#past` samples before `#end` are the history; it is moved to the front once it is full. */
  readonly #history: Int16Array
  #end: number
  /** One pitch period that can be repeated without a step. */
  readonly #period: Float64Array
  #lag = 0
  #phase = 0
  /** Samples filled in the gap so far; 0 when there is none. */
  #filled = 0

  /** @param rateHz a multiple of 8,000 */
  constructor(rateHz = BASE_RATE_HZ) {
    this.#scale = rateHz / BASE_RATE_HZ
    this.#past = HISTORY * this.#scale
    this.#history = new Int16Array(ROOM * this.#past)
    this.#end = this.#past
    this.#period = new Float64Array(MAX_LAG * this.#scale)
  }

  /** Takes a frame that arrived; changes its beginning when it follows a gap. */
  good(pcm: Int16Array, offset: number, samples: number): void {
    if (this.#filled > 0) this.#blend(pcm, offset, samples)
    this.#filled = 0
    this.#remember(pcm, offset, samples)
  }

  /** Fills a frame that did not arrive. */
  conceal(pcm: Int16Array, offset: number, samples: number): void {
    const first = this.#filled === 0
    if (first) this.#begin()
    this.#synthesise(pcm, offset, samples, false)
    if (first) this.#joinHistory(pcm, offset, samples)
    this.#remember(pcm, offset, samples)
  }

  /** Fills a frame in which nothing is to be heard: what was heard before it fades. */
  pause(pcm: Int16Array, offset: number, samples: number): void {
    const heard = this.#filled < (HOLD_SAMPLES + FADE_SAMPLES) * this.#scale
    if (heard) {
      if (this.#filled === 0) this.#begin()
      const fade = Math.min(PAUSE_FADE_SAMPLES * this.#scale, samples)
      const first = this.#filled === 0
      this.#synthesise(pcm, offset, fade, false)
      if (first) this.#joinHistory(pcm, offset, fade)
      for (let i = 0; i < fade; i++)
        pcm[offset + i] = Math.trunc((pcm[offset + i]! * (fade - i)) / (fade + 1))
      pcm.fill(0, offset + fade, offset + samples)
      this.#filled = (HOLD_SAMPLES + FADE_SAMPLES) * this.#scale
    } else {
      pcm.fill(0, offset, offset + samples)
    }
    this.#remember(pcm, offset, samples)
  }

  /** Forgets everything: the next frame has no past. */
  reset(): void {
    this.#history.fill(0)
    this.#filled = 0
  }

  #begin(): void {
    const lag = this.#findLag()
    const overlap = lag >> 2
    const start = this.#end - lag
    this.#lag = lag
    this.#phase = 0
    for (let i = 0; i < lag; i++) this.#period[i] = this.#history[start + i]!
    // The end of the period leans into what came before its beginning, so that it meets itself.
    for (let i = 0; i < overlap; i++) {
      const weight = (i + 1) / (overlap + 1)
      const at = lag - overlap + i
      const before = this.#history[start - overlap + i]!
      this.#period[at] = this.#period[at]! * (1 - weight) + before * weight
    }
  }

  /** The lag at which the recent past is most like the newest window: found coarsely, then exactly. */
  #findLag(): number {
    const scale = this.#scale
    const stride = COARSE_STRIDE * scale
    const coarse = this.#bestLag(MIN_LAG * scale, MAX_LAG * scale, stride)
    const from = Math.max(MIN_LAG * scale, coarse - stride + 1)
    return this.#bestLag(from, Math.min(MAX_LAG * scale, coarse + stride - 1), 1)
  }

  /** The best of every `stride`th lag, by every `stride`th sample; the longest when none is any good. */
  #bestLag(from: number, to: number, stride: number): number {
    let best = to
    let bestScore = 0
    for (let lag = from; lag <= to; lag += stride) {
      const score = this.#likeness(lag, stride)
      if (score > bestScore) {
        best = lag
        bestScore = score
      }
    }
    return best
  }

  #likeness(lag: number, stride: number): number {
    const history = this.#history
    let dot = 0
    let energy = 0
    const end = this.#end
    for (let i = end - WINDOW * this.#scale; i < end; i += stride) {
      const before = history[i - lag]!
      dot += history[i]! * before
      energy += before * before
    }
    return dot <= 0 ? 0 : (dot * dot) / energy
  }

  /**
   * The next `samples` of the repeated period: in place of what stands in `pcm`, or, to blend into that,
   * with a weight that falls to nothing while that of what stands there rises to 1.
   */
  #synthesise(pcm: Int16Array, offset: number, samples: number, blends: boolean): void {
    // Made here: a fraction that is passed on takes memory.
    const weightStep = blends ? -1 / (samples + 1) : 0
    const weight = 1 + weightStep
    const hold = HOLD_SAMPLES * this.#scale
    const fadeSamples = FADE_SAMPLES * this.#scale
    for (let i = 0; i < samples; i++) {
      const share = weight + i * weightStep
      const fade = 1 - (this.#filled + i - hold) / fadeSamples
      const gain = Math.max(0, Math.min(1, fade)) * share
      const value = this.#period[(this.#phase + i) % this.#lag]! * gain
      pcm[offset + i] = Math.round(pcm[offset + i]! * (1 - share) + value)
    }
    this.#phase = (this.#phase + samples) % this.#lag
    this.#filled += samples
  }

  /** The step from the last sample heard to the period is spread over a quarter of the period. */
  #joinHistory(pcm: Int16Array, offset: number, samples: number): void {
    const overlap = Math.min(this.#lag >> 2, samples)
    const last = this.#end - 1
    const step = this.#history[last]! - this.#history[last - this.#lag]!
    for (let i = 0; i < overlap; i++) {
      pcm[offset + i] = clip16(pcm[offset + i]! + step * (1 - (i + 1) / (overlap + 1)))
    }
  }

  #blend(pcm: Int16Array, offset: number, samples: number): void {
    const tens = Math.floor(this.#filled / (HOLD_SAMPLES * this.#scale))
    const wanted = Math.min(MAX_BLEND_SAMPLES, BLEND_SAMPLES * Math.max(1, tens))
    const count = Math.min(wanted * this.#scale, samples)
    this.#synthesise(pcm, offset, count, true)
  }

  #remember(pcm: Int16Array, offset: number, samples: number): void {
    const history = this.#history
    const taken = Math.min(samples, this.#past)
    if (this.#end + taken > history.length) {
      history.copyWithin(0, this.#end - this.#past, this.#end)
      this.#end = this.#past
    }
    const from = offset + samples - taken
    for (let i = 0; i < taken; i++) history[this.#end + i] = pcm[from + i]!
    this.#end += taken
  }
}
