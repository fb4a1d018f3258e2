import { STEPS_PER_DB } from './level-step.ts'
import { SPECTRUM_SAMPLES, StrongestTone } from './spectrum.ts'

const FRAME_SAMPLES = 160
/** A tone has so much of the power: at 5 dB over white noise it has three quarters. */
const LEAST_SHARE = 0.58
/** And stays where it is, which no voice does. */
const MOST_DRIFT_HZ = 6
/** Nor does its level. */
const MOST_SWING_DB = 4
/** A frame in which it is not clear does not end it. */
const MOST_MISSES = 1
/** So many frames its mean is made of. */
const MEMORY_FRAMES = 8

/** A stable tone in a stream of 20 ms frames at 8 kHz: a beep, or what a fax says. Allocates nothing per frame. */
export class ToneRun {
  /** Frames that the tone that sounds now has lasted; 0: none sounds. */
  frames = 0
  #misses = 0
  /** Mean frequency, mean level in steps. */
  readonly #mean = new Float64Array(2)
  readonly #spectrum = new StrongestTone()
  readonly #samples = new Float64Array(SPECTRUM_SAMPLES)

  /** So near to a frequency is the tone. */
  isAt(frequencyHz: number, withinHz: number): boolean {
    return Math.abs(this.#mean[0]! - frequencyHz) <= withinHz
  }

  /** `level`: of the frame, as levelStep tells it. */
  hear(frame: Int16Array, level: number): void {
    const samples = this.#samples
    samples.copyWithin(0, FRAME_SAMPLES)
    const from = SPECTRUM_SAMPLES - FRAME_SAMPLES
    for (let i = 0; i < FRAME_SAMPLES; i++) samples[from + i] = frame[i]!
    this.#spectrum.look(samples)
    if (this.#spectrum.share < LEAST_SHARE) this.#miss()
    else if (this.#goesOn(level)) this.#goOn(level)
    else this.#begin(level)
  }

  #goesOn(level: number): boolean {
    if (this.frames === 0 || !this.isAt(this.#spectrum.frequencyHz, MOST_DRIFT_HZ)) return false
    return Math.abs(level - this.#mean[1]!) <= MOST_SWING_DB * STEPS_PER_DB
  }

  #goOn(level: number): void {
    const mean = this.#mean
    this.frames += 1 + this.#misses
    this.#misses = 0
    const part = Math.min(this.frames, MEMORY_FRAMES)
    mean[0] = mean[0]! + (this.#spectrum.frequencyHz - mean[0]!) / part
    mean[1] = mean[1]! + (level - mean[1]!) / part
  }

  #begin(level: number): void {
    this.frames = 1
    this.#misses = 0
    this.#mean[0] = this.#spectrum.frequencyHz
    this.#mean[1] = level
  }

  #miss(): void {
    this.#misses += 1
    if (this.frames > 0 && this.#misses <= MOST_MISSES) return
    this.frames = 0
    this.#misses = 0
  }
}
