/** Samples of a spectrum: 32 ms at 8 kHz, a power of two. */
export const SPECTRUM_SAMPLES = 256
const HALF = SPECTRUM_SAMPLES / 2
const RATE_HZ = 8000
const BIN_HZ = RATE_HZ / SPECTRUM_SAMPLES

/** Power of a Hann window's main lobe to both sides of its peak, in bins. */
const LOBE_BINS = 2
/** Where tones of telephones and their machines are. */
const LOWEST_BIN = Math.round(330 / BIN_HZ)
const HIGHEST_BIN = Math.round(2700 / BIN_HZ)
/** What a telephone carries. */
const FIRST_BIN = Math.round(200 / BIN_HZ)
const LAST_BIN = Math.round(3500 / BIN_HZ)

/**
 * The strongest tone in 32 ms of sound at 8 kHz, by a discrete Fourier transform (radix 2) of a Hann window. After
 * construction it does not allocate.
 */
export class StrongestTone {
  /** In an array: a fraction that is a field or is returned may end on the heap. */
  readonly #found = new Float64Array(2)
  readonly #window = new Float64Array(SPECTRUM_SAMPLES)
  readonly #cos = new Float64Array(HALF)
  readonly #sin = new Float64Array(HALF)
  readonly #order = new Uint16Array(SPECTRUM_SAMPLES)
  readonly #re = new Float64Array(SPECTRUM_SAMPLES)
  readonly #im = new Float64Array(SPECTRUM_SAMPLES)
  readonly #power = new Float64Array(HALF)

  constructor() {
    const bits = Math.log2(SPECTRUM_SAMPLES)
    for (let i = 0; i < SPECTRUM_SAMPLES; i++) {
      this.#window[i] = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / SPECTRUM_SAMPLES)
      let reversed = 0
      for (let bit = 0; bit < bits; bit++) if (i & (1 << bit)) reversed |= 1 << (bits - 1 - bit)
      this.#order[i] = reversed
    }
    for (let i = 0; i < HALF; i++) {
      this.#cos[i] = Math.cos((2 * Math.PI * i) / SPECTRUM_SAMPLES)
      this.#sin[i] = -Math.sin((2 * Math.PI * i) / SPECTRUM_SAMPLES)
    }
  }

  /** Within a Hz or so for a tone that stands out. */
  get frequencyHz(): number {
    return this.#found[0]!
  }

  /** Its part of the power that a telephone carries, 0 to 1. */
  get share(): number {
    return this.#found[1]!
  }

  /** Looks at SPECTRUM_SAMPLES samples. */
  look(pcm: Float64Array): void {
    for (let i = 0; i < SPECTRUM_SAMPLES; i++) {
      this.#re[this.#order[i]!] = pcm[i]! * this.#window[i]!
      this.#im[i] = 0
    }
    this.#transform()
    let total = 0
    let best = LOWEST_BIN
    for (let bin = FIRST_BIN; bin <= LAST_BIN; bin++) {
      const power = this.#re[bin]! ** 2 + this.#im[bin]! ** 2
      this.#power[bin] = power
      total += power
      if (bin >= LOWEST_BIN && bin <= HIGHEST_BIN && power > this.#power[best]!) best = bin
    }
    let ofTone = 0
    for (let bin = best - LOBE_BINS; bin <= best + LOBE_BINS; bin++) ofTone += this.#power[bin]!
    this.#found[1] = total > 0 ? ofTone / total : 0
    // How far the peak is from the middle of its bin, by a parabola through the logarithms around it.
    const below = Math.log(this.#power[best - 1]! + 1)
    const above = Math.log(this.#power[best + 1]! + 1)
    const curve = below - 2 * Math.log(this.#power[best]! + 1) + above
    const beside = curve >= 0 ? 0 : (0.5 * (below - above)) / curve
    this.#found[0] = (best + beside) * BIN_HZ
  }

  #transform(): void {
    const re = this.#re
    const im = this.#im
    for (let size = 2; size <= SPECTRUM_SAMPLES; size *= 2) {
      const half = size / 2
      const stride = SPECTRUM_SAMPLES / size
      for (let from = 0; from < SPECTRUM_SAMPLES; from += size) {
        for (let k = 0; k < half; k++) {
          const cos = this.#cos[k * stride]!
          const sin = this.#sin[k * stride]!
          const even = from + k
          const odd = even + half
          const r = re[odd]! * cos - im[odd]! * sin
          const i = re[odd]! * sin + im[odd]! * cos
          re[odd] = re[even]! - r
          im[odd] = im[even]! - i
          re[even] = re[even]! + r
          im[even] = im[even]! + i
        }
      }
    }
  }
}
