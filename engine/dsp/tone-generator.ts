import { clip16 } from './clip.ts'
import type { Tone } from './tones.ts'

/** Each stretch fades in and out over this, so that cadences do not click. */
const RAMP_MS = 4

interface PreparedSegment {
  readonly samples: number
  /** Radians per sample of each frequency. */
  readonly steps: Float64Array
}

/** Plays a tone in blocks of any size; every block continues where the last one stopped. */
export class ToneGenerator {
  readonly #segments: readonly PreparedSegment[]
  readonly #amplitude: number
  readonly #rampSamples: number
  #roundsLeft: number
  #segment = 0
  #position = 0

  constructor(tone: Tone, rateHz = 8000) {
    this.#segments = tone.segments.map(({ frequenciesHz, durationMs }) => ({
      samples: Math.round((durationMs * rateHz) / 1000),
      steps: Float64Array.from(frequenciesHz, (hz) => (2 * Math.PI * hz) / rateHz),
    }))
    this.#amplitude = 32767 * 10 ** (tone.levelDbfs / 20)
    this.#rampSamples = Math.max(1, Math.round((RAMP_MS * rateHz) / 1000))
    this.#roundsLeft = this.#segments.some((s) => s.samples > 0) ? tone.rounds : 0
  }

  /** True when a finite tone has been played to its end. */
  get done(): boolean {
    return this.#roundsLeft <= 0
  }

  /**
   * Writes the next `samples` into `pcm` from `offset`; after the end of the tone, zeros.
   * @returns how many samples belong to the tone.
   */
  next(pcm: Int16Array, offset: number, samples: number): number {
    let written = 0
    while (written < samples && !this.done) {
      const segment = this.#segments[this.#segment]!
      const count = Math.min(samples - written, segment.samples - this.#position)
      this.#render(segment, pcm, offset + written, count)
      written += count
      this.#position += count
      if (this.#position >= segment.samples) this.#nextSegment()
    }
    pcm.fill(0, offset + written, offset + samples)
    return written
  }

  #nextSegment(): void {
    this.#position = 0
    this.#segment += 1
    if (this.#segment < this.#segments.length) return
    this.#segment = 0
    this.#roundsLeft -= 1
  }

  #render(segment: PreparedSegment, pcm: Int16Array, offset: number, count: number): void {
    const { steps, samples } = segment
    for (let i = 0; i < count; i++) {
      const at = this.#position + i
      let sum = 0
      for (let k = 0; k < steps.length; k++) sum += Math.sin(steps[k]! * at)
      const edge = Math.min(1, (at + 1) / this.#rampSamples, (samples - at) / this.#rampSamples)
      pcm[offset + i] = clip16(sum * this.#amplitude * edge)
    }
  }
}
