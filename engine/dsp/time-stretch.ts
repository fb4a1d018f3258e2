/** Pitch from 66 to 400 Hz. */
const MIN_LAG_MS = 2.5
const MAX_LAG_MS = 15
/** What lies a lag apart is compared, and overlapped, over 5 to 10 ms: as much as there is. */
const MIN_OVERLAP_MS = 5
const MAX_OVERLAP_MS = 10
/** Correlation squared from which on two periods are alike enough (0.9), and in a hurry (0.5). */
const ALIKE = 0.81
const ALIKE_IN_HURRY = 0.25
/** Each time that nothing is alike enough, a little less will do. */
const PATIENCE = 0.02
/** Below this root mean square (about -52 dBFS) nobody hears what is taken out or put in. */
const QUIET_RMS = 80

/**
 * Makes speech shorter or longer by whole pitch periods without changing its pitch (WSOLA): two neighbouring
 * periods are overlapped to one, or one is played twice. Costs something only when it is asked.
 */
export class TimeStretch {
  /** Samples for one at 8 kHz: lags are looked for in such steps at first. */
  readonly #stride: number
  readonly #minLag: number
  readonly #maxLag: number
  readonly #minOverlap: number
  readonly #maxOverlap: number
  #refused = 0

  /** @param rateHz a multiple of 8,000 */
  constructor(rateHz: number) {
    const perMs = rateHz / 1000
    this.#stride = rateHz / 8000
    this.#minLag = MIN_LAG_MS * perMs
    this.#maxLag = MAX_LAG_MS * perMs
    this.#minOverlap = MIN_OVERLAP_MS * perMs
    this.#maxOverlap = MAX_OVERLAP_MS * perMs
  }

  /**
   * Takes at most `most` of the first `samples` of `pcm` out.
   * @returns how many: 0 when there is no place where it would not be heard
   */
  shorten(pcm: Int16Array, samples: number, most: number, inHurry: boolean): number {
    let lag = this.#find(pcm, samples, most, inHurry)
    if (lag === 0) return 0
    const room = Math.min(most, this.#maxLag, samples - this.#minOverlap)
    if (inHurry) lag *= Math.floor(room / lag)
    const overlap = Math.min(this.#maxOverlap, samples - lag)
    for (let i = 0; i < overlap; i++) {
      const early = pcm[i]!
      pcm[i] = early + ((pcm[lag + i]! - early) * (i + 1)) / (overlap + 1)
    }
    pcm.copyWithin(overlap, lag + overlap, samples)
    return lag
  }

  /**
   * Puts a period in: `pcm` must have room for 15 ms more.
   * @returns how many samples more there are
   */
  lengthen(pcm: Int16Array, samples: number, inHurry: boolean): number {
    const lag = this.#find(pcm, samples, this.#maxLag, inHurry)
    if (lag === 0) return 0
    const overlap = Math.min(this.#maxOverlap, samples - lag)
    pcm.copyWithin(lag + overlap, overlap, samples)
    // From its end on, as what is read may lie where was written.
    for (let i = overlap - 1; i >= 0; i--) {
      const late = pcm[lag + i]!
      pcm[lag + i] = late + ((pcm[i]! - late) * (i + 1)) / (overlap + 1)
    }
    return lag
  }

  /** The lag at which the sound repeats itself, up to `most`; 0 when it does not well enough. */
  #find(pcm: Int16Array, samples: number, most: number, inHurry: boolean): number {
    const longest = Math.min(this.#maxLag, most, samples - this.#minOverlap)
    if (longest < this.#minLag) return 0
    const stride = this.#stride
    const coarse = this.#best(pcm, samples, this.#minLag, longest, stride)
    const from = Math.max(this.#minLag, coarse - stride + 1)
    const lag =
      stride === 1
        ? coarse
        : this.#best(pcm, samples, from, Math.min(longest, coarse + stride - 1), 1)
    if (isQuiet(pcm, samples, stride)) return lag
    const enough = (inHurry ? ALIKE_IN_HURRY : ALIKE) - PATIENCE * this.#refused
    if (this.#likeness(pcm, samples, lag, stride) < enough) {
      this.#refused += 1
      return 0
    }
    this.#refused = 0
    return lag
  }

  #best(pcm: Int16Array, samples: number, from: number, to: number, stride: number): number {
    let best = to
    let bestLikeness = 0
    for (let lag = from; lag <= to; lag += stride) {
      const likeness = this.#likeness(pcm, samples, lag, this.#stride)
      if (likeness > bestLikeness) {
        best = lag
        bestLikeness = likeness
      }
    }
    return best
  }

  /** Square of the normalised correlation of the beginning with what lies `lag` behind; 0 when negative. */
  #likeness(pcm: Int16Array, samples: number, lag: number, stride: number): number {
    const overlap = Math.min(this.#maxOverlap, samples - lag)
    let dot = 0
    let energy = 0
    let energyBehind = 0
    for (let i = 0; i < overlap; i += stride) {
      const x = pcm[i]!
      const y = pcm[lag + i]!
      dot += x * y
      energy += x * x
      energyBehind += y * y
    }
    return dot <= 0 ? 0 : (dot * dot) / (energy * energyBehind)
  }
}

function isQuiet(pcm: Int16Array, samples: number, stride: number): boolean {
  let energy = 0
  for (let i = 0; i < samples; i += stride) energy += pcm[i]! * pcm[i]!
  return energy * stride < samples * QUIET_RMS * QUIET_RMS
}
