/** Between the frequencies of each group of DTMF. */
export const LOW_CENTRE_HZ = 819
export const HIGH_CENTRE_HZ = 1445
/** Of the filters: half the width of what they pass. */
const LOW_HALF_WIDTH_HZ = 250
const HIGH_HALF_WIDTH_HZ = 330
const TAPS = 30
const FOLDED = TAPS / 2
/** Of the signal that the filters work on. */
const HALVED_HZ = 4000
const HALVED_PER_STEP = 5
/** Samples at 8 kHz of a step, 1.25 ms. */
export const STEP_SAMPLES = 10
export const STEPS_PER_SECOND = 8000 / STEP_SAMPLES
/** 20 ms. */
export const MOST_STEPS = 16
/** Of the filter that halves the rate. */
const HALVING_TAPS = 7
/** What is kept of the halved signal for the next step. */
const HISTORY = TAPS - HALVED_PER_STEP

/** How much earlier than the energy what comes out of the filters was: (14.5 / 4000 + 3 / 8000) s, in steps. */
export const DELAY_STEPS = 3

interface Filter {
  /** Symmetrical part, and the other, which is its own negative backwards; the first half of each. */
  readonly cosine: Float64Array
  readonly sine: Float64Array
}

/** A low pass (windowed sinc, Hamming) moved up to `centreHz`, with the gain 1 for a complex tone there. */
function filterAround(centreHz: number, halfWidthHz: number): Filter {
  const taps = Array.from({ length: FOLDED }, (_, k) => {
    const t = k - (TAPS - 1) / 2
    const x = (2 * Math.PI * halfWidthHz * t) / HALVED_HZ
    const hamming = 0.54 + 0.46 * Math.cos((2 * Math.PI * t) / (TAPS - 1))
    return { t, height: (Math.sin(x) / x) * hamming }
  })
  const sum = 2 * taps.reduce((total, { height }) => total + height, 0)
  const part = (wave: (phase: number) => number): Float64Array =>
    Float64Array.from(taps, ({ t, height }) => {
      return (height / sum) * wave((2 * Math.PI * centreHz * t) / HALVED_HZ)
    })
  return { cosine: part(Math.cos), sine: part((phase) => -Math.sin(phase)) }
}

const low = filterAround(LOW_CENTRE_HZ, LOW_HALF_WIDTH_HZ)
const high = filterAround(HIGH_CENTRE_HZ, HIGH_HALF_WIDTH_HZ)

/** Power that a tone of amplitude 1 has in a band: 0.25 in its middle. */
function powerOf({ cosine, sine }: Filter, frequencyHz: number): number {
  const turn = (2 * Math.PI * frequencyHz) / 8000
  const halving = (16 + 18 * Math.cos(turn) - 2 * Math.cos(3 * turn)) / 32
  let gain = 0
  for (let k = 0; k < FOLDED; k++) {
    const phase = 2 * turn * (k - (TAPS - 1) / 2)
    gain += cosine[k]! * Math.cos(phase) - sine[k]! * Math.sin(phase)
  }
  return (halving * gain) ** 2
}

const BETWEEN_HZ = 1080
const END_HZ = 1760
/** By frequency in whole Hz, in the band to which it belongs. */
export const powerAtHz = Float64Array.from({ length: END_HZ }, (_, hz) =>
  powerOf(hz < BETWEEN_HZ ? low : high, hz),
)

/**
 * Cuts sound at 8 kHz into the bands of the two groups of DTMF frequencies, each as a complex signal with 800
 * values a second (steps of 1.25 ms): a tone in a band is a number of steady size that turns steadily.
 */
export class DtmfBands {
  /** Of each step of the last `process`: half the amplitude of what is in the band, as a complex number. */
  readonly lowRe = new Float64Array(MOST_STEPS)
  readonly lowIm = new Float64Array(MOST_STEPS)
  readonly highRe = new Float64Array(MOST_STEPS)
  readonly highIm = new Float64Array(MOST_STEPS)
  /** Sum of the squares of a step's samples; `DELAY_STEPS` ahead of the bands. */
  readonly energy = new Float64Array(MOST_STEPS)
  /** Input, after the end of the input before. */
  readonly #input = new Float64Array(HALVING_TAPS - 1 + MOST_STEPS * STEP_SAMPLES)
  /** The same at half the rate. */
  readonly #halved = new Float64Array(HISTORY + MOST_STEPS * HALVED_PER_STEP)

  /** Takes `steps` times 10 samples, 16 times at most. */
  process(pcm: Int16Array, offset: number, steps: number): void {
    this.#take(pcm, offset, steps)
    this.#halve(steps)
    for (let n = 0; n < steps; n++) this.#filter(n)
    this.#input.copyWithin(0, steps * STEP_SAMPLES, steps * STEP_SAMPLES + HALVING_TAPS - 1)
    this.#halved.copyWithin(0, steps * HALVED_PER_STEP, steps * HALVED_PER_STEP + HISTORY)
  }

  /** Forgets what came before. */
  reset(): void {
    this.#input.fill(0)
    this.#halved.fill(0)
  }

  #take(pcm: Int16Array, offset: number, steps: number): void {
    const input = this.#input
    let from = offset
    let to = HALVING_TAPS - 1
    for (let n = 0; n < steps; n++) {
      let sum = 0
      for (let i = 0; i < STEP_SAMPLES; i++) {
        const sample = pcm[from++]!
        input[to++] = sample
        sum += sample * sample
      }
      this.energy[n] = sum
    }
  }

  /** Half-band low pass (-1 0 9 16 9 0 -1) / 32, of which every second value is kept. */
  #halve(steps: number): void {
    const input = this.#input
    const halved = this.#halved
    const end = HISTORY + steps * HALVED_PER_STEP
    for (let to = HISTORY, at = 1; to < end; to++, at += 2) {
      const outer = input[at]! + input[at + 6]!
      const inner = input[at + 2]! + input[at + 4]!
      halved[to] = (9 * inner + 16 * input[at + 3]! - outer) / 32
    }
  }

  #filter(step: number): void {
    const halved = this.#halved
    let [lowRe, lowIm, highRe, highIm] = [0, 0, 0, 0]
    let first = step * HALVED_PER_STEP
    let last = first + TAPS - 1
    for (let k = 0; k < FOLDED; k++) {
      const a = halved[first++]!
      const b = halved[last--]!
      const sum = a + b
      const difference = a - b
      lowRe += sum * low.cosine[k]!
      lowIm += difference * low.sine[k]!
      highRe += sum * high.cosine[k]!
      highIm += difference * high.sine[k]!
    }
    this.lowRe[step] = lowRe
    this.lowIm[step] = lowIm
    this.highRe[step] = highRe
    this.highIm[step] = highIm
  }
}
