import { DtmfBands, MOST_STEPS, STEP_SAMPLES, STEPS_PER_SECOND } from './dtmf-bands.ts'
import { type Likeness, MEAN, NEWEST, WINDOW_STEPS } from './dtmf-group.ts'
import { DtmfWindow, keyAt, LEAST_SQUARE } from './dtmf-window.ts'

export interface DtmfDetectorOptions {
  /** Called once a key press, when it is over, at the end of the frame. */
  readonly onDigit: (digit: string, durationMs: number) => void
  /** Called once a key press, as soon as it is certain. */
  readonly onStart?: (digit: string) => void
}

const NONE = -1
const LOW = 0
const HIGH = 1
const STEP_MS = 1000 / STEPS_PER_SECOND

/** The window is looked at every so many steps. */
const STEPS_BETWEEN = 2
/** Looks in a row that find the same key: the window and 10 ms more, 30 ms in all. */
const CERTAIN_LOOKS = 5
const CERTAIN_STEPS = WINDOW_STEPS + STEPS_BETWEEN * (CERTAIN_LOOKS - 1)
const certain: Likeness = {
  steps: WINDOW_STEPS,
  share: 0.8,
  coherence: 0.85,
  steadiness: 0.25,
  tolerance: 0.023,
}
/** Sound of which 7.5 ms are so much like a key is cut, in case it is one: in speech every ten minutes or so. */
const suspect: Likeness = {
  steps: 6,
  share: 0.8,
  coherence: 0.85,
  steadiness: 0.25,
  tolerance: 0.03,
}

/** A key ends when its tones are away for 20 ms: shorter drop-outs are part of it, pauses of 40 ms are not. */
const OVER_STEPS = 16
/** The part of their power that is left of tones that are still there, and of the energy then. */
const PRESENT = 0.25
const PRESENT_SHARE = 0.5

/** Frames below this mean square have nothing that could be a key. */
const QUIET = LEAST_SQUARE / 10

/**
 * Finds keys that are pressed as tones (DTMF, ITU-T Q.23) in sound at 8 kHz, and says what of it is to be cut so that
 * nobody else hears them. A key must last 30 ms to be one, and is certain within 37 ms of its beginning; with frames of
 * 20 ms it is told at the end of the frame in which that is.
 *
 * Sound is cut a frame at a time, without delay: a frame is cut when a key has gone on for 12 ms at its end (7.5 ms,
 * and the delay of the filters). So up to 12 ms of a key's beginning remain audible, 3 ms in the mean, and at both
 * ends together up to 31 ms of other sound are lost.
 *
 * Method: each group's band is cut out as a complex signal. A key is one tone in each band that turns steadily,
 * whose frequencies fit, which is about as strong as the other, and beside which there is little at all frequencies.
 */
export class DtmfDetector {
  readonly #options: DtmfDetectorOptions
  readonly #bands = new DtmfBands()
  readonly #window = new DtmfWindow()
  #wasQuiet = true
  #stepsToLook = STEPS_BETWEEN
  /** What the last looks found, and how many of them. */
  #found = NONE
  #looks = 0
  /** The key that is pressed, and the powers of its tones. */
  #pressed = NONE
  readonly #powers = new Float64Array(2)
  /** Steps from its beginning to now, and since its tones were there. */
  #steps = 0
  #missing = 0
  #toCut = false

  constructor(options: DtmfDetectorOptions) {
    this.#options = options
  }

  /**
   * Takes sound at 8 kHz, `samples` a multiple of 10 and 160 (20 ms) at most. Returns true when it belongs to a key, or
   * may do so, and should not be heard.
   */
  process(pcm: Int16Array, offset = 0, samples = MOST_STEPS * STEP_SAMPLES): boolean {
    if (this.#mayRest(pcm, offset, samples)) return false
    const steps = samples / STEP_SAMPLES
    this.#bands.process(pcm, offset, steps)
    this.#toCut = false
    for (let n = 0; n < steps; n++) {
      this.#window.push(this.#bands, n)
      this.#step()
    }
    return this.#toCut || this.#window.key(suspect) !== NONE
  }

  /** Forgets what came before; a key that is pressed is over. */
  reset(): void {
    this.#end()
    this.#found = NONE
    this.#looks = 0
    this.#bands.reset()
    this.#window.reset()
  }

  /** Nothing is pressed, and this and the frame before are quiet. */
  #mayRest(pcm: Int16Array, offset: number, samples: number): boolean {
    const wasQuiet = this.#wasQuiet
    this.#wasQuiet = isQuiet(pcm, offset, samples)
    if (!wasQuiet || !this.#wasQuiet || this.#pressed !== NONE) return false
    if (this.#looks > 0 || this.#window.square[NEWEST]! > 0) this.reset()
    return true
  }

  #step(): void {
    if (this.#pressed !== NONE) this.#follow()
    this.#stepsToLook -= 1
    if (this.#stepsToLook > 0) return
    this.#stepsToLook = STEPS_BETWEEN
    this.#look()
  }

  #look(): void {
    const key = this.#window.key(certain)
    this.#looks = key === this.#found ? this.#looks + 1 : 1
    this.#found = key
    if (key === NONE || key === this.#pressed || this.#looks < CERTAIN_LOOKS) return
    this.#end()
    this.#begin(key)
  }

  #begin(key: number): void {
    this.#pressed = key
    this.#powers[LOW] = this.#window.low.figures[MEAN]!
    this.#powers[HIGH] = this.#window.high.figures[MEAN]!
    this.#steps = CERTAIN_STEPS
    this.#missing = 0
    this.#toCut = true
    this.#options.onStart?.(keyAt(key))
  }

  /** Are the tones of the key that is pressed still there? */
  #follow(): void {
    this.#steps += 1
    if (this.#isPresent()) {
      this.#missing = 0
      this.#toCut = true
    } else {
      this.#missing += 1
      if (this.#missing >= OVER_STEPS) this.#end()
    }
  }

  #isPresent(): boolean {
    const { low, high, square } = this.#window
    const lowPower = low.figures[NEWEST]!
    const highPower = high.figures[NEWEST]!
    if (lowPower < PRESENT * this.#powers[LOW]!) return false
    if (highPower < PRESENT * this.#powers[HIGH]!) return false
    return 2 * (lowPower + highPower) >= PRESENT_SHARE * square[NEWEST]!
  }

  #end(): void {
    const key = this.#pressed
    if (key === NONE) return
    this.#pressed = NONE
    const durationMs = Math.round((this.#steps - this.#missing) * STEP_MS)
    this.#options.onDigit(keyAt(key), durationMs)
  }
}

function isQuiet(pcm: Int16Array, offset: number, samples: number): boolean {
  let sum = 0
  for (let i = offset; i < offset + samples; i++) sum += pcm[i]! * pcm[i]!
  return sum < QUIET * samples
}
