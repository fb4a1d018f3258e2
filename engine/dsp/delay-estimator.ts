import { DelayHistogram } from './delay-histogram.ts'

const BIN_MS = 2.5
/** Delays are forgotten by this factor a packet: a memory of about 330 packets. */
const FORGETTING = 0.997
/** A late packet in a hundred is as bad as 20 ms more of delay: NetEQ's price for reordered ones. */
const ALL_LATE_MS = 2000
/** Packets should be here so much before they are needed. */
const MARGIN_MS = 4
/** The target falls by at most this a packet. */
const FALL_MS = 0.25
/** The target is looked at once in so many packets, and whenever one comes later than it. */
const LOOK_PACKETS = 8
/**
 * The smallest transit time is looked for in the last four of these: long enough to see a fast packet among
 * jitter, and short enough to follow a clock that is 25 ms a second off.
 */
const BLOCK_MS = 250
const BLOCKS = 4

/**
 * Says how long packets should wait before they are played: so long that neither a longer delay nor more late
 * packets would cost less. One burst of held-up packets moves it little, reordering of one in fifty does.
 *
 * All times are whole numbers of samples (timestamp units), on the wrapping 32-bit clock of the jitter
 * buffer: small integers cost no memory when they are passed on.
 */
export class DelayEstimator {
  readonly #histogram: DelayHistogram
  readonly #binSamples: number
  readonly #fallSamples: number
  readonly #marginSamples: number
  readonly #blockSamples: number
  readonly #minSamples: number
  readonly #maxSamples: number
  /** The smallest transit of each block, the newest at `#block`. */
  readonly #lows = new Int32Array(BLOCKS)
  #block = 0
  #blockStart = 0
  #base = 0
  #isEmpty: boolean = true
  #target: number
  #unseen = 0

  constructor(minMs: number, maxMs: number, samplesPerMs: number) {
    const bins = Math.ceil(maxMs / BIN_MS) + 1
    this.#histogram = new DelayHistogram(bins, FORGETTING)
    this.#binSamples = BIN_MS * samplesPerMs
    this.#fallSamples = Math.max(1, Math.round(FALL_MS * LOOK_PACKETS * samplesPerMs))
    this.#marginSamples = Math.round(MARGIN_MS * samplesPerMs)
    this.#blockSamples = BLOCK_MS * samplesPerMs
    this.#minSamples = Math.round(minMs * samplesPerMs)
    this.#maxSamples = Math.round(maxMs * samplesPerMs)
    this.#target = this.#minSamples
  }

  /** Arrival minus timestamp of the fastest recent packet: zero delay. */
  get base(): number {
    return this.#base
  }

  /** How long after `base` a packet should be played. */
  get target(): number {
    return this.#target
  }

  /** By how much a packet is faster than the fastest so far; 0 for the first. */
  lead(transit: number): number {
    return this.#isEmpty ? 0 : (this.#base - transit) | 0
  }

  /**
   * @param transit arrival minus timestamp
   * @param weight how many packets it counts for
   */
  packet(transit: number, now: number, weight = 1): void {
    this.#moveBase(transit, now)
    const delay = (transit - this.#base) | 0
    const bin = Math.floor(delay / this.#binSamples)
    // No delay that we may have would save this one: it says nothing on how long to wait.
    if (bin >= this.#histogram.bins) return
    for (let n = 0; n < weight; n++) this.#histogram.add(bin)
    this.#unseen += 1
    if (this.#unseen >= LOOK_PACKETS || delay > this.#target) this.#aim()
  }

  clear(): void {
    this.#histogram.clear()
    this.#isEmpty = true
    this.#target = this.#minSamples
    this.#unseen = 0
  }

  #moveBase(transit: number, now: number): void {
    if (this.#isEmpty) {
      this.#isEmpty = false
      this.#lows.fill(transit)
      this.#base = transit
      this.#blockStart = now
    } else if (((now - this.#blockStart) | 0) >= this.#blockSamples) {
      this.#block = (this.#block + 1) % BLOCKS
      this.#lows[this.#block] = transit
      this.#blockStart = now
      this.#base = this.#lowest()
    } else if (((transit - this.#lows[this.#block]!) | 0) < 0) {
      this.#lows[this.#block] = transit
      if (((transit - this.#base) | 0) < 0) this.#base = transit
    }
  }

  #lowest(): number {
    let lowest = this.#lows[0]!
    for (let n = 1; n < BLOCKS; n++) {
      if (((this.#lows[n]! - lowest) | 0) < 0) lowest = this.#lows[n]!
    }
    return lowest
  }

  /** Up at once; down slowly, so that the buffer does not breathe with every quiet second. */
  #aim(): void {
    this.#unseen = 0
    const delay = this.#histogram.cheapestBin(ALL_LATE_MS / BIN_MS) * this.#binSamples
    const wanted = Math.min(
      this.#maxSamples,
      Math.max(this.#minSamples, delay + this.#marginSamples),
    )
    this.#target = Math.max(wanted, this.#target - this.#fallSamples)
  }
}
