const BIN_MS = 5
/** Delays are forgotten by these factors a packet: memories of about 500 and about 33 packets. */
const SLOW_FORGETTING = 0.998
const FAST_FORGETTING = 0.97
const SLOW_QUANTILE = 0.95
const FAST_QUANTILE = 0.75
/** The smallest transit time is looked for in the last one to two of these. */
const BASE_WINDOW_MS = 2500
/** The target falls by at most this a packet. */
const FALL_MS = 0.2
const RENORMALISE_AT = 1e9

/** Histogram of delays in 5 ms bins with exponential forgetting; a packet costs O(1). */
class DelayHistogram {
  readonly #bins: Float64Array
  readonly #growth: number
  #weight = 1
  #total = 0

  constructor(bins: number, forgetting: number) {
    this.#bins = new Float64Array(bins)
    // Instead of shrinking every bin on each packet, each packet weighs more than the one before.
    this.#growth = 1 / forgetting
  }

  add(bin: number): void {
    this.#bins[bin] = this.#bins[bin]! + this.#weight
    this.#total += this.#weight
    this.#weight *= this.#growth
    if (this.#weight > RENORMALISE_AT) this.#renormalise()
  }

  /** Upper edge in ms of the bin that holds the quantile. */
  quantileMs(quantile: number): number {
    let above = this.#total * (1 - quantile)
    let bin = this.#bins.length
    while (bin > 1) {
      above -= this.#bins[bin - 1]!
      if (above < 0) break
      bin -= 1
    }
    return bin * BIN_MS
  }

  clear(): void {
    this.#bins.fill(0)
    this.#weight = 1
    this.#total = 0
  }

  #renormalise(): void {
    for (let i = 0; i < this.#bins.length; i++) this.#bins[i] = this.#bins[i]! / this.#weight
    this.#total /= this.#weight
    this.#weight = 1
  }
}

/**
 * Says how long packets should wait before they are played: 95th percentile of the delay beyond the
 * fastest recent packet, as NetEQ does, with a second, short memory that rises at once when jitter
 * sets in. One burst of held-up packets moves neither much.
 */
export class DelayEstimator {
  readonly #slow: DelayHistogram
  readonly #fast: DelayHistogram
  readonly #lastBin: number
  readonly #minMs: number
  readonly #maxMs: number
  #baseNowMs = 0
  #baseBeforeMs = 0
  #windowStartMs = 0
  #packets = 0
  #targetMs: number

  constructor(minMs: number, maxMs: number) {
    const bins = Math.ceil(maxMs / BIN_MS) + 1
    this.#slow = new DelayHistogram(bins, SLOW_FORGETTING)
    this.#fast = new DelayHistogram(bins, FAST_FORGETTING)
    this.#lastBin = bins - 1
    this.#minMs = minMs
    this.#maxMs = maxMs
    this.#targetMs = minMs
  }

  /** Arrival minus timestamp of the fastest recent packet: zero delay. */
  get baseMs(): number {
    return Math.min(this.#baseNowMs, this.#baseBeforeMs)
  }

  /** How long after `baseMs` a packet should be played. */
  get targetMs(): number {
    return this.#targetMs
  }

  /** By how much a packet is faster than the fastest so far; 0 for the first. */
  leadMs(transitMs: number): number {
    return this.#packets === 0 ? 0 : this.baseMs - transitMs
  }

  /** @param transitMs arrival time minus timestamp in ms, on any fixed origin. */
  packet(transitMs: number, nowMs: number): void {
    this.#moveBase(transitMs, nowMs)
    this.#packets += 1
    const bin = Math.floor((transitMs - this.baseMs) / BIN_MS)
    // No delay that we may have would save this one: it says nothing on how long to wait.
    if (bin > this.#lastBin) return
    this.#slow.add(bin)
    this.#fast.add(bin)
    this.#aim()
  }

  clear(): void {
    this.#slow.clear()
    this.#fast.clear()
    this.#packets = 0
    this.#targetMs = this.#minMs
  }

  #moveBase(transitMs: number, nowMs: number): void {
    if (this.#packets === 0) {
      this.#baseNowMs = transitMs
      this.#baseBeforeMs = transitMs
      this.#windowStartMs = nowMs
    } else if (nowMs - this.#windowStartMs >= BASE_WINDOW_MS) {
      this.#baseBeforeMs = this.#baseNowMs
      this.#baseNowMs = transitMs
      this.#windowStartMs = nowMs
    } else if (transitMs < this.#baseNowMs) {
      this.#baseNowMs = transitMs
    }
  }

  /** Up at once; down slowly, so that the buffer does not breathe with every quiet second. */
  #aim(): void {
    const delayMs = Math.max(
      this.#slow.quantileMs(SLOW_QUANTILE),
      this.#fast.quantileMs(FAST_QUANTILE),
    )
    const wanted = delayMs + Math.max(BIN_MS, delayMs / 4)
    const clamped = Math.min(this.#maxMs, Math.max(this.#minMs, wanted))
    this.#targetMs = Math.max(clamped, this.#targetMs - FALL_MS)
  }
}
