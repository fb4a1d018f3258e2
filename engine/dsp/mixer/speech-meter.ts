import { widened } from './columns.ts'

/** What is told of nothing at all. */
const NOTHING_DB = -127

/** A level that is shown follows within so many ticks of 20 ms (to 63 %). */
const LEVEL_TICKS = 7
/** What is fast rises at once, and falls by so much a tick. */
const FAST_FALL_DB = 4
/** What talkers are compared by rises within some 60 ms and bridges the pauses between words. */
const SCORE_RISE = 0.5
const SCORE_FALL_DB = 0.3
/** Where they begin to rise. */
const LOWEST_DB = -80

/** What is constant is taken for noise: the estimate of it rises so slowly, in dB a tick (6 dB a second). */
const NOISE_RISE_DB = 0.12
/** Speech is so much louder than the noise, and between these two in any case. */
const OVER_NOISE_DB = 8
const SOFTEST_SPEECH_DB = -55
const LOUDEST_NOISE_DB = -34

/** Speaks who was loud for so many ticks, until he has not been for so many. */
const BEGIN_TICKS = 2
const END_TICKS = 22
const MOST_TICKS = 60_000

/**
 * How loud each of many is, and whether he speaks, 20 ms a tick. All figures are columns with a slot for each: a tick
 * allocates nothing. Levels are RMS in dB below a full-scale square wave.
 */
export class SpeechMeter {
  /** Of the last 20 ms, as a share of that of a full-scale square wave: written by the caller before `update`. */
  power = new Float64Array(8)
  /** Of the last 200 ms or so. */
  levelDb = new Float64Array(8)
  /** What talkers are compared by. */
  scoreDb = new Float64Array(8)
  /** From here on it is speech. */
  thresholdDb = new Float64Array(8)
  /** Since he was last as loud as speech; 0: he is now. */
  quietTicks = new Uint16Array(8)
  /** 1: speaks; a pause of half a second ends it. */
  speaking = new Uint8Array(8)
  #smooth = new Float64Array(8)
  #fastDb = new Float64Array(8)
  #noiseDb = new Float64Array(8)
  #loudTicks = new Uint16Array(8)
  #count = 0

  get count(): number {
    return this.#count
  }

  /** The slot of one more. */
  add(): number {
    const slot = this.#count
    this.#count += 1
    this.#widen(this.#count)
    this.reset(slot)
    return slot
  }

  /** The last one takes the place of the one that goes. */
  remove(slot: number): void {
    const last = this.#count - 1
    this.power[slot] = this.power[last]!
    this.levelDb[slot] = this.levelDb[last]!
    this.scoreDb[slot] = this.scoreDb[last]!
    this.thresholdDb[slot] = this.thresholdDb[last]!
    this.quietTicks[slot] = this.quietTicks[last]!
    this.speaking[slot] = this.speaking[last]!
    this.#smooth[slot] = this.#smooth[last]!
    this.#fastDb[slot] = this.#fastDb[last]!
    this.#noiseDb[slot] = this.#noiseDb[last]!
    this.#loudTicks[slot] = this.#loudTicks[last]!
    this.#count = last
  }

  /** He has said nothing so far. */
  reset(slot: number): void {
    this.power[slot] = 0
    this.levelDb[slot] = NOTHING_DB
    this.scoreDb[slot] = LOWEST_DB
    this.thresholdDb[slot] = SOFTEST_SPEECH_DB
    this.quietTicks[slot] = MOST_TICKS
    this.speaking[slot] = 0
    this.#smooth[slot] = 0
    this.#fastDb[slot] = LOWEST_DB
    this.#noiseDb[slot] = LOWEST_DB
    this.#loudTicks[slot] = 0
  }

  /** Takes in `power` of the slot. */
  update(slot: number): void {
    const power = this.power[slot]!
    const smooth = this.#smooth[slot]! + (power - this.#smooth[slot]!) / LEVEL_TICKS
    this.#smooth[slot] = smooth
    this.levelDb[slot] = Math.max(NOTHING_DB, 10 * Math.log10(smooth))
    const nowDb = Math.max(LOWEST_DB, 10 * Math.log10(power))
    this.#fastDb[slot] = Math.max(nowDb, this.#fastDb[slot]! - FAST_FALL_DB)
    const score = this.scoreDb[slot]!
    const rise = Math.max(0, nowDb - score) * SCORE_RISE
    this.scoreDb[slot] = rise > 0 ? score + rise : Math.max(nowDb, score - SCORE_FALL_DB)
    this.#noiseDb[slot] = Math.min(nowDb, this.#noiseDb[slot]! + NOISE_RISE_DB)
    const threshold = Math.max(SOFTEST_SPEECH_DB, this.#noiseDb[slot]! + OVER_NOISE_DB)
    this.thresholdDb[slot] = Math.min(LOUDEST_NOISE_DB, threshold)
    this.#listen(slot)
  }

  #listen(slot: number): void {
    if (this.#fastDb[slot]! > this.thresholdDb[slot]!) {
      this.quietTicks[slot] = 0
      if (this.#loudTicks[slot]! < MOST_TICKS) this.#loudTicks[slot]! += 1
      if (this.#loudTicks[slot]! >= BEGIN_TICKS) this.speaking[slot] = 1
      return
    }
    this.#loudTicks[slot] = 0
    if (this.quietTicks[slot]! < MOST_TICKS) this.quietTicks[slot]! += 1
    if (this.quietTicks[slot]! >= END_TICKS) this.speaking[slot] = 0
  }

  #widen(slots: number): void {
    this.power = widened(this.power, slots)
    this.levelDb = widened(this.levelDb, slots)
    this.scoreDb = widened(this.scoreDb, slots)
    this.thresholdDb = widened(this.thresholdDb, slots)
    this.quietTicks = widened(this.quietTicks, slots)
    this.speaking = widened(this.speaking, slots)
    this.#smooth = widened(this.#smooth, slots)
    this.#fastDb = widened(this.#fastDb, slots)
    this.#noiseDb = widened(this.#noiseDb, slots)
    this.#loudTicks = widened(this.#loudTicks, slots)
  }
}
