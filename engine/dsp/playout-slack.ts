/** The least of the last 8 to 16 pulls counts. */
const PULLS = 8
/** The delay is shortened only when it is by this more than it must be: it shall not go to and fro. */
const HYSTERESIS_MS = 2.5
/** The delay is lengthened when packets are here by this less before their time than they should. */
const SHORT_MS = 2.5
/** Less than this is not worth a change. */
const LEAST_MS = 5

/**
 * Says by how much what is played could be shortened, or should be lengthened.
 *
 * Audio is taken from the buffer a tick at a time, so a packet must be here at the tick in which its first
 * sample is played. `margin` is how long before that tick the fastest packet would have come; `ahead` is
 * what is still to be played in front of it. As long as some is left over at every tick, it is of no use and
 * can go; beyond that, only a whole tick less lets packets be taken a tick earlier.
 *
 * All in whole timestamp units.
 */
export class PlayoutSlack {
  readonly #tickSamples: number
  readonly #hysteresis: number
  readonly #short: number
  readonly #least: number
  #margin = 0
  #ahead = 0
  #marginBefore = 0
  #aheadBefore = 0
  #pulls = 0
  #isFull: boolean = false

  constructor(tickSamples: number, samplesPerMs: number) {
    this.#tickSamples = tickSamples
    this.#hysteresis = HYSTERESIS_MS * samplesPerMs
    this.#short = SHORT_MS * samplesPerMs
    this.#least = LEAST_MS * samplesPerMs
  }

  /** A piece of audio is about to be played. */
  note(margin: number, ahead: number): void {
    if (this.#pulls === PULLS) {
      this.#marginBefore = this.#margin
      this.#aheadBefore = this.#ahead
      this.#isFull = true
      this.#pulls = 0
    }
    const isFirst = this.#pulls === 0
    this.#margin = isFirst ? margin : Math.min(this.#margin, margin)
    this.#ahead = isFirst ? ahead : Math.min(this.#ahead, ahead)
    this.#pulls += 1
  }

  /** What can be taken out; negative: by how much the packet just noted came later than it should. */
  wish(margin: number, target: number): number {
    if (target - margin >= this.#short) return margin - target
    if (!this.#isFull) return 0
    const spare = Math.min(this.#margin, this.#marginBefore) - target
    if (spare < 0) return 0
    const ticks = Math.max(0, Math.floor((spare - this.#hysteresis) / this.#tickSamples))
    const wish = Math.min(this.#ahead, this.#aheadBefore) + ticks * this.#tickSamples
    return wish < this.#least ? 0 : wish
  }

  /** So much was put in, or taken out: what is known is moved with it. */
  changed(samples: number): void {
    const tick = this.#tickSamples
    const ahead = this.#ahead + samples
    const ticks = Math.floor(ahead / tick)
    this.#ahead = ahead - ticks * tick
    this.#margin += ticks * tick
    const aheadBefore = this.#aheadBefore + samples
    const ticksBefore = Math.floor(aheadBefore / tick)
    this.#aheadBefore = aheadBefore - ticksBefore * tick
    this.#marginBefore += ticksBefore * tick
  }

  clear(): void {
    this.#pulls = 0
    this.#isFull = false
  }
}
