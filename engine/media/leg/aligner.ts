import { FRAME_MS, type PcmRateHz } from './codec.ts'

/** What comes is written so much later than it could have been heard at the soonest, however long it waited before. */
export const ALIGNED_MS = 120
/** So much off for a while, or so much for a moment, is put right. */
const OFF_MS = 3
const FAR_OFF_MS = 5
const OFF_TICKS = 50
const FAR_OFF_TICKS = 3
/** From what was to what comes next. */
const OVERLAP_MS = 5
/** The joint is looked for so far around where it should be, where the two are most alike. */
const SEARCH_MS = 2
/** Delays are told in samples of this rate. */
const TOLD_RATE_HZ = 8000
/** What is told where nothing is known of a delay. */
export const UNKNOWN_DELAY = -1
/** Before anything is known of it. */
const USUAL_MS = 40

/**
 * One channel on its way into a recording. What is heard has waited in a jitter buffer, now longer, now shorter (the
 * clocks of two phones differ, and audio is taken from the buffer a tick at a time), so that two channels sway against
 * each other by up to two ticks. Here each waits for what is left of a time that is the same for both. Where the buffer
 * has stretched what is played, as much is put in or taken out here. Allocates nothing.
 */
export class Aligner {
  readonly #samples: number
  readonly #perMs: number
  readonly #toldToOurs: number
  readonly #overlap: number
  readonly #search: number
  /** What waits: the first `#waiting` samples. */
  readonly #queue: Int16Array
  readonly #out: Int16Array
  readonly #joint: Int16Array
  #waiting: number
  #offTicks = 0
  #farOffTicks = 0

  constructor(rateHz: PcmRateHz) {
    this.#samples = (rateHz * FRAME_MS) / 1000
    this.#perMs = rateHz / 1000
    this.#toldToOurs = rateHz / TOLD_RATE_HZ
    this.#overlap = OVERLAP_MS * this.#perMs
    this.#search = SEARCH_MS * this.#perMs
    this.#queue = new Int16Array(2 * ALIGNED_MS * this.#perMs + 4 * this.#samples)
    this.#out = new Int16Array(this.#samples)
    this.#joint = new Int16Array(this.#overlap)
    this.#waiting = (ALIGNED_MS - USUAL_MS) * this.#perMs
  }

  get waitingMs(): number {
    return this.#waiting / this.#perMs
  }

  /**
   * Takes a frame and gives another, lent until the next call.
   * @param delay by how much it is heard later than it could be, in samples at 8 kHz; UNKNOWN_DELAY
   */
  pass(frame: Int16Array, delay: number): Int16Array {
    this.#queue.set(frame, this.#waiting)
    const waited = this.#waiting
    this.#waiting += this.#samples
    if (delay !== UNKNOWN_DELAY) this.#follow(waited, delay * this.#toldToOurs)
    for (let i = 0; i < this.#samples; i++) this.#out[i] = this.#queue[i]!
    this.#waiting = Math.max(0, this.#waiting - this.#samples)
    this.#queue.copyWithin(0, this.#samples, this.#samples + this.#waiting)
    return this.#out
  }

  #follow(waited: number, delay: number): void {
    const wanted = Math.max(0, ALIGNED_MS * this.#perMs - delay)
    const off = Math.round(wanted - waited)
    const amount = Math.abs(off)
    this.#offTicks = amount > OFF_MS * this.#perMs ? this.#offTicks + 1 : 0
    this.#farOffTicks = amount > FAR_OFF_MS * this.#perMs ? this.#farOffTicks + 1 : 0
    if (this.#offTicks < OFF_TICKS && this.#farOffTicks < FAR_OFF_TICKS) return
    if (off > 0) this.#lengthen(off)
    else this.#shorten(-off)
    this.#offTicks = 0
    this.#farOffTicks = 0
  }

  /** Says again about as much, right before the end of what waits. */
  #lengthen(wanted: number): void {
    const end = this.#waiting - this.#overlap
    const most = Math.min(wanted, end, this.#queue.length - this.#waiting - this.#samples)
    if (most <= this.#search) return
    const count = this.#bestShift(end, most, -1)
    this.#cross(end, end - count)
    const rest = this.#overlap
    this.#queue.copyWithin(end + rest, end - count + rest, this.#waiting)
    this.#queue.set(this.#joint, end)
    this.#waiting += count
  }

  /** Leaves out about as much, right before the end of what waits. */
  #shorten(wanted: number): void {
    const room = this.#waiting - this.#overlap - this.#search
    const most = Math.min(wanted, room - this.#samples)
    if (most <= this.#search) return
    const at = this.#waiting - this.#overlap - most - this.#search
    const count = this.#bestShift(at, most, 1)
    this.#cross(at, at + count)
    this.#queue.set(this.#joint, at)
    this.#queue.copyWithin(at + this.#overlap, at + count + this.#overlap, this.#waiting)
    this.#waiting -= count
  }

  /** The shift, near `wanted`, at which what is there goes on most like what is at `at`. */
  #bestShift(at: number, wanted: number, sign: 1 | -1): number {
    let best = wanted
    let least = Number.POSITIVE_INFINITY
    for (let shift = wanted - this.#search; shift <= wanted; shift++) {
      const other = at + sign * shift
      let difference = 0
      for (let i = 0; i < this.#overlap; i++) {
        difference += Math.abs(this.#queue[at + i]! - this.#queue[other + i]!)
      }
      if (difference < least) {
        least = difference
        best = shift
      }
    }
    return best
  }

  #cross(from: number, to: number): void {
    const count = this.#overlap
    for (let i = 0; i < count; i++) {
      const before = this.#queue[from + i]!
      this.#joint[i] = before + ((this.#queue[to + i]! - before) * (i + 1)) / (count + 1)
    }
  }
}
