import { DelayHistogram } from './delay-histogram.ts'

const BIN_MS = 5
/** Delays are forgotten by these factors a packet: memories of about 500 and about 33 packets. */
const SLOW_FORGETTING = 0.998
const FAST_FORGETTING = 0.97
const SLOW_QUANTILE = 0.95
const FAST_QUANTILE = 0.75
/** The target falls by at most this a packet. */
const FALL_MS = 0.25
/** The smallest transit time is looked for in the last one to two of these. */
const BASE_WINDOW_MS = 2500

/**
 * Says how long packets should wait before they are played: 95th percentile of the delay beyond the
 * fastest recent packet, as NetEQ does, with a second, short memory that rises at once when jitter sets
 * in. One burst of held-up packets moves neither much.
 *
 * All times are whole numbers of samples (timestamp units), on the wrapping 32-bit clock of the jitter
 * buffer: small integers cost no memory when they are passed on.
 */
export class DelayEstimator {
  readonly #slow: DelayHistogram
  readonly #fast: DelayHistogram
  readonly #binSamples: number
  readonly #fallSamples: number
  readonly #windowSamples: number
  readonly #minSamples: number
  readonly #maxSamples: number
  #baseNow = 0
  #baseBefore = 0
  #windowStart = 0
  #isEmpty: boolean = true
  #target: number

  constructor(minMs: number, maxMs: number, samplesPerMs: number) {
    const bins = Math.ceil(maxMs / BIN_MS) + 1
    this.#slow = new DelayHistogram(bins, SLOW_FORGETTING)
    this.#fast = new DelayHistogram(bins, FAST_FORGETTING)
    this.#binSamples = BIN_MS * samplesPerMs
    this.#fallSamples = Math.max(1, Math.round(FALL_MS * samplesPerMs))
    this.#windowSamples = BASE_WINDOW_MS * samplesPerMs
    this.#minSamples = Math.round(minMs * samplesPerMs)
    this.#maxSamples = Math.round(maxMs * samplesPerMs)
    this.#target = this.#minSamples
  }

  /** Arrival minus timestamp of the fastest recent packet: zero delay. */
  get base(): number {
    return ((this.#baseNow - this.#baseBefore) | 0) < 0 ? this.#baseNow : this.#baseBefore
  }

  /** How long after `base` a packet should be played. */
  get target(): number {
    return this.#target
  }

  /** By how much a packet is faster than the fastest so far; 0 for the first. */
  lead(transit: number): number {
    return this.#isEmpty ? 0 : (this.base - transit) | 0
  }

  /** @param transit arrival minus timestamp */
  packet(transit: number, now: number): void {
    this.#moveBase(transit, now)
    const bin = Math.floor(((transit - this.base) | 0) / this.#binSamples)
    // No delay that we may have would save this one: it says nothing on how long to wait.
    if (bin >= this.#slow.bins) return
    this.#slow.add(bin)
    this.#fast.add(bin)
    this.#aim()
  }

  clear(): void {
    this.#slow.clear()
    this.#fast.clear()
    this.#isEmpty = true
    this.#target = this.#minSamples
  }

  #moveBase(transit: number, now: number): void {
    if (this.#isEmpty) {
      this.#isEmpty = false
      this.#baseNow = transit
      this.#baseBefore = transit
      this.#windowStart = now
    } else if (((now - this.#windowStart) | 0) >= this.#windowSamples) {
      this.#baseBefore = this.#baseNow
      this.#baseNow = transit
      this.#windowStart = now
    } else if (((transit - this.#baseNow) | 0) < 0) {
      this.#baseNow = transit
    }
  }

  /** Up at once; down slowly, so that the buffer does not breathe with every quiet second. */
  #aim(): void {
    const slow = this.#slow.quantileBin(SLOW_QUANTILE)
    const fast = this.#fast.quantileBin(FAST_QUANTILE)
    const delay = Math.max(slow, fast) * this.#binSamples
    const wanted = delay + Math.max(this.#binSamples, delay >> 2)
    const clamped = Math.min(this.#maxSamples, Math.max(this.#minSamples, wanted))
    this.#target = Math.max(clamped, this.#target - this.#fallSamples)
  }
}
