import type { SpeechParts } from './speech-parts.ts'
import { ToneRun } from './tone-run.ts'

/** In frames. */
const SHORTEST_BEEP = 6
/** So quiet it is before a beep and after it: a vowel that is sung has speech around it. */
const QUIET_BEFORE = 5
const QUIET_AFTER = 5
/** What a fax answers with (ITU-T T.30): 2100 Hz, for 2.6 to 4 s; and what one that calls says. */
const FAX_HZ = [2100, 1100] as const
const FAX_WITHIN_HZ = 25
const SHORTEST_FAX = 20

/** Finds beeps among the parts of what a line says, and faxes. Allocates nothing per frame. */
export class BeepWatch {
  /** A beep has been heard, and its end. */
  ended = false
  readonly #parts: SpeechParts
  readonly #tone = new ToneRun()
  /** The tone that may be a beep: its first frame, and the one after its last. */
  #from = -1
  #to = -1

  constructor(parts: SpeechParts) {
    this.#parts = parts
  }

  /** There may be one, which is not over yet. */
  get isUnderWay(): boolean {
    return this.#from >= 0 && !this.ended
  }

  /** Takes a frame, the level of which the parts have. */
  hear(frame: Int16Array, level: number): void {
    if (this.ended) return
    const now = this.#parts.frames
    this.#tone.hear(frame, level)
    const { frames } = this.#tone
    if (frames >= SHORTEST_BEEP) {
      if (this.#from < 0) this.#begin(now - frames)
      if (this.#from >= 0) this.#goOn(now)
    } else if (this.#from >= 0 && now - this.#to >= QUIET_AFTER) {
      this.#judge()
    }
  }

  get isFax(): boolean {
    if (this.#tone.frames < SHORTEST_FAX || this.#parts.greeting > 0) return false
    return FAX_HZ.some((hz) => this.#tone.isAt(hz, FAX_WITHIN_HZ))
  }

  #begin(from: number): void {
    this.#parts.mark(from, this.#parts.frames, true)
    this.#parts.look()
    const { greeting, after, frames } = this.#parts
    const quiet = greeting === 0 || after - (frames - from) >= QUIET_BEFORE
    if (quiet) this.#from = from
    else this.#parts.mark(from, frames, false)
  }

  #goOn(now: number): void {
    this.#to = now
    this.#parts.mark(now - 1, now, true)
  }

  /** Some time after its end: was it a beep? */
  #judge(): void {
    this.#parts.look()
    const { greeting, after, frames } = this.#parts
    if (greeting === 0 || after >= frames - this.#from) {
      this.ended = true
      return
    }
    this.#parts.mark(this.#from, this.#to, false)
    this.#from = -1
  }
}
