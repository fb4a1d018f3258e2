import { STEPS, STEPS_PER_DB, stepsOf } from './level-step.ts'

/** Below this nobody speaks, and it is not a line's noise either. */
const NOTHING = stepsOf(-70)

/** Share of the frames that are no louder than noise, and of those that are no louder than speech. */
const FLOOR_PERCENT = 10
const SPEECH_PERCENT = 95
/** Speech is over the noise by this at least; or by this part of the way to the loudest. */
const LEAST_OVER = 3.5 * STEPS_PER_DB
const PART_OVER = 0.35
/** And not softer than this. */
const SOFTEST_SPEECH = stepsOf(-48)
/** Gaps in a word, and knocks on the line. */
const SHORTEST_GAP = 8
const SHORTEST_SPEECH = 4

export const FRAME_MS = 20
/** A minute. */
const MOST_FRAMES = 3000

/**
 * Which parts of a line's sound are speech, by level alone. What is loud and what is noise is known only after a
 * while, so all is looked at anew each time, back to the beginning. Allocates nothing after construction.
 */
export class SpeechParts {
  /** Frames before the first speech; all of them while there is none. */
  before = 0
  /** From the first frame of speech to the last one. */
  greeting = 0
  /** Frames since the last one of speech. */
  after = 0
  frames = 0
  readonly #levels = new Uint8Array(MOST_FRAMES)
  readonly #isTone = new Uint8Array(MOST_FRAMES)
  readonly #counts = new Int32Array(STEPS)
  #counted = 0

  /** Takes the level of the next frame (levelStep). */
  add(level: number): void {
    if (this.frames >= MOST_FRAMES) return
    this.#levels[this.frames] = level
    this.frames += 1
    if (level < NOTHING) return
    this.#counts[level]! += 1
    this.#counted += 1
  }

  /** From one frame to before another it is a tone, no speech however loud; or it is not after all. */
  mark(from: number, to: number, isTone: boolean): void {
    this.#isTone.fill(isTone ? 1 : 0, Math.max(0, from), to)
  }

  /** Finds the parts anew. */
  look(): void {
    const threshold = this.#threshold()
    let first = -1
    let last = -1
    let at = 0
    while (at < this.frames) {
      if (!this.#isLoud(at, threshold)) {
        at += 1
        continue
      }
      const end = this.#endOfPart(at, threshold)
      if (end - at >= SHORTEST_SPEECH) {
        if (first < 0) first = at
        last = end
      }
      at = end
    }
    this.before = first < 0 ? this.frames : first
    this.greeting = first < 0 ? 0 : last - first
    this.after = first < 0 ? 0 : this.frames - last
  }

  /** Frame after the last loud one that is followed by a gap. */
  #endOfPart(from: number, threshold: number): number {
    let end = from + 1
    for (let at = end; at < this.frames && at - end < SHORTEST_GAP; at++) {
      if (this.#isLoud(at, threshold)) end = at + 1
    }
    return end
  }

  #isLoud(at: number, threshold: number): boolean {
    return this.#isTone[at] === 0 && this.#levels[at]! > threshold
  }

  #threshold(): number {
    const floor = this.#levelOf(FLOOR_PERCENT)
    const over = Math.max(LEAST_OVER, PART_OVER * (this.#levelOf(SPEECH_PERCENT) - floor))
    return Math.max(SOFTEST_SPEECH, Math.round(floor + over))
  }

  /** No louder than this are so many of a hundred frames. */
  #levelOf(percent: number): number {
    let left = Math.ceil((percent * this.#counted) / 100)
    for (let level = 0; level < STEPS; level++) {
      left -= this.#counts[level]!
      if (left <= 0) return level
    }
    return 0
  }
}
