/** RMS that speech is brought to, in dB below a full-scale square wave. */
const TARGET_DB = -20
const MOST_GAIN_DB = 20
const LEAST_GAIN_DB = -15
/** How fast it goes there, a tick: 15 dB a second up, 30 down. */
const UP_DB = 0.3
const DOWN_DB = 0.6
/** Ticks of speech that the level is measured over. */
const MEASURE_TICKS = 10
const SILENT_POWER = 1e-9

const LEVEL = 0
const GAIN_DB = 1
const GAIN = 2

/**
 * Brings whoever speaks to one level: within 3 dB of it in 2 s, whatever he speaks with from -40 to -5 dB. Pauses do not
 * count. (What is too loud meanwhile is the limiter's business.)
 */
export class GainControl {
  /** Mean square of the speech so far, gain in dB, gain as a factor. */
  readonly #state = Float64Array.of(0, 0, 1)

  /** The gain of this tick, as a factor. */
  get gain(): number {
    return this.#state[GAIN]!
  }

  /** Takes in a tick: the mean square of 20 ms in `power[slot]`, and whether it is speech. */
  update(power: Float64Array, slot: number, isSpeech: boolean): void {
    if (!isSpeech) return
    const state = this.#state
    const now = Math.max(SILENT_POWER, power[slot]!)
    const before = state[LEVEL]!
    const level = before === 0 ? now : before + (now - before) / MEASURE_TICKS
    state[LEVEL] = level
    const wishDb = Math.min(
      MOST_GAIN_DB,
      Math.max(LEAST_GAIN_DB, TARGET_DB - 10 * Math.log10(level)),
    )
    const gainDb = state[GAIN_DB]!
    const moved = Math.max(gainDb - DOWN_DB, Math.min(gainDb + UP_DB, wishDb))
    state[GAIN_DB] = moved
    state[GAIN] = 10 ** (moved / 20)
  }
}
