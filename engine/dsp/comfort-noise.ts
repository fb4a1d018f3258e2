/** Of G.711: 0 dBm0 is so far below a full-scale square wave (dBov). */
const DBM0_BELOW_DBOV = 6.2
/** What is played for senders that say no level: -60 dBm0. */
const USUAL_DBOV = -60 - DBM0_BELOW_DBOV
/** Louder than this is no noise behind somebody, whatever a packet says. */
const LOUDEST_DBOV = -30
const FULL_SCALE = 32768
/** The rate that reflection coefficients are for (RFC 3389 section 3). */
const SPECTRUM_RATE_HZ = 8000
const MAX_ORDER = 12
/** Level moves to a new one within some 20 ms. */
const SLEW = 0.02

/**
 * The noise behind a talker who is silent (RFC 3389), at the level and with the spectrum that the sender told
 * last; white at -60 dBm0 until then. Allocates nothing after construction.
 */
export class ComfortNoise {
  readonly #rateHz: number
  /** Filter coefficients, the filter's past, and amplitudes: in arrays, so that changing them needs no memory. */
  readonly #filter = new Float64Array(MAX_ORDER)
  readonly #step = new Float64Array(MAX_ORDER)
  readonly #past = new Float64Array(MAX_ORDER)
  /** Largest magnitude of the white noise: wanted, and now. */
  readonly #peaks = new Float64Array(2)
  #order = 0
  #random = 0x2545f491

  constructor(rateHz: number) {
    this.#rateHz = rateHz
    this.#aim(USUAL_DBOV, 1)
  }

  /** Takes a comfort noise payload: a byte of level in -dBov, then quantised reflection coefficients. */
  take(payload: Uint8Array, at: number, bytes: number): void {
    if (bytes < 1) return
    const loss = this.#shape(payload, at + 1, Math.min(bytes - 1, MAX_ORDER))
    this.#aim(Math.min(LOUDEST_DBOV, -(payload[at]! & 0x7f)), loss)
  }

  /** Adds noise to a frame. */
  add(pcm: Int16Array, samples: number): void {
    const [filter, past, peaks, order] = [this.#filter, this.#past, this.#peaks, this.#order]
    let random = this.#random
    for (let i = 0; i < samples; i++) {
      peaks[1] = peaks[1]! + (peaks[0]! - peaks[1]!) * SLEW
      random ^= random << 13
      random ^= random >>> 17
      random ^= random << 5
      let value = (random / 0x80000000) * peaks[1]!
      for (let k = 0; k < order; k++) value -= filter[k]! * past[k]!
      for (let k = order - 1; k > 0; k--) past[k] = past[k - 1]!
      past[0] = value
      pcm[i] = Math.max(-FULL_SCALE, Math.min(FULL_SCALE - 1, Math.round(pcm[i]! + value)))
    }
    this.#random = random
  }

  /** Forgets what the sender told. */
  reset(): void {
    this.#order = 0
    this.#aim(USUAL_DBOV, 1)
    this.#peaks[1] = 0
  }

  /** Root mean square of the noise, of which `share` goes into the filter. */
  #aim(dbov: number, share: number): void {
    this.#peaks[0] = FULL_SCALE * 10 ** (dbov / 20) * Math.sqrt(3) * share
  }

  /**
   * Step-up recursion from reflection coefficients to those of an all-pole filter.
   * @returns by what the noise must be weaker in front of the filter, which makes it stronger
   */
  #shape(payload: Uint8Array, at: number, order: number): number {
    this.#order = this.#rateHz === SPECTRUM_RATE_HZ ? order : 0
    this.#past.fill(0)
    const [filter, step] = [this.#filter, this.#step]
    let share = 1
    for (let m = 0; m < this.#order; m++) {
      const k = Math.max(-0.98, Math.min(0.98, (258 * (payload[at + m]! - 127)) / FULL_SCALE))
      for (let i = 0; i < m; i++) step[i] = filter[i]! + k * filter[m - 1 - i]!
      for (let i = 0; i < m; i++) filter[i] = step[i]!
      filter[m] = k
      share *= 1 - k * k
    }
    return Math.sqrt(share)
  }
}
