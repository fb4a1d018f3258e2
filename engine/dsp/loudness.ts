/**
 * How loud a sound is, as people hear it: integrated loudness after ITU-R BS.1770-5 and EBU R 128, in LUFS; and the
 * gain that brings one to a wanted loudness.
 */
import { type Biquad, kWeighting } from './k-weighting.ts'
import { peak } from './levels.ts'
import { limitPeaks } from './peak-limiter.ts'

/** What is not louder than this is silence: it has no loudness (BS.1770-5, the absolute gate). */
export const SILENT_LUFS = -70

const FULL_SCALE = 32768
/** So that a sine of 1 kHz measures its level (BS.1770-5, equation 2). */
const OFFSET_LU = -0.691
const RELATIVE_GATE_LU = -10
const BLOCK_MS = 400
/** A block begins every 100 ms, and lasts for 4 of these. */
const STEPS_A_BLOCK = 4
/** More would make a hiss out of the floor of a recording. */
const MOST_GAIN_DB = 30
/** Peaks of what was made louder stay this much below full scale. */
const CEILING_DBFS = -1
/** A limited sound is less loud than its gain says; so often it is measured again. */
const ROUNDS = 3
const NEAR_ENOUGH_LU = 0.1

/**
 * The integrated loudness of a whole sound in LUFS; undefined when all of it is silence. Left and right count alike
 * and add up: the same samples on two channels are 3 LU louder than on one. Of a sound shorter than 400 ms, all of it
 * is one block.
 * @throws RangeError for rates that are not within 4 to 384 kHz.
 */
export function integratedLoudness(
  channels: readonly Int16Array[],
  rateHz: number,
): number | undefined {
  if (!(rateHz >= 4000 && rateHz <= 384_000)) throw new RangeError(`not a sample rate: ${rateHz}`)
  const blocks = blockPowers(channels, rateHz)
  const loud = meanAbove(blocks, powerOf(SILENT_LUFS))
  if (loud === undefined) return undefined
  const gate = loudnessOf(loud) + RELATIVE_GATE_LU
  const mean = meanAbove(blocks, Math.max(powerOf(gate), powerOf(SILENT_LUFS)))
  return mean === undefined ? undefined : loudnessOf(mean)
}

/** The gain in dB that brings a sound to a loudness; 0 for silence. */
export function gainTowards(targetLufs: number, measuredLufs: number | undefined): number {
  return measuredLufs === undefined ? 0 : Math.min(MOST_GAIN_DB, targetLufs - measuredLufs)
}

/** Applies a gain; peaks that would go beyond -1 dBFS are turned down smoothly. A new array, of the same length. */
export function amplified(pcm: Int16Array, gainDb: number, rateHz: number): Int16Array {
  const factor = 10 ** (gainDb / 20)
  const ceiling = FULL_SCALE * 10 ** (CEILING_DBFS / 20)
  if (factor > 1 && peak(pcm) * factor > ceiling) return limitPeaks(pcm, factor, ceiling, rateHz)
  return pcm.map((sample) => Math.round(sample * factor))
}

export interface Levelled {
  readonly pcm: Int16Array
  /** What it was and what it is now; null for silence. */
  readonly fromLufs: number | null
  readonly lufs: number | null
}

/** Brings a mono sound to a loudness, as near as its peaks and a gain of 30 dB allow. */
export function levelled(pcm: Int16Array, rateHz: number, targetLufs: number): Levelled {
  const from = integratedLoudness([pcm], rateHz)
  if (from === undefined) return { pcm, fromLufs: null, lufs: null }
  let gainDb = gainTowards(targetLufs, from)
  let out = amplified(pcm, gainDb, rateHz)
  let lufs = integratedLoudness([out], rateHz) ?? SILENT_LUFS
  for (let round = 1; round < ROUNDS && gainDb < MOST_GAIN_DB; round++) {
    if (Math.abs(targetLufs - lufs) <= NEAR_ENOUGH_LU) break
    gainDb = Math.min(MOST_GAIN_DB, gainDb + targetLufs - lufs)
    out = amplified(pcm, gainDb, rateHz)
    lufs = integratedLoudness([out], rateHz) ?? SILENT_LUFS
  }
  return { pcm: out, fromLufs: from, lufs }
}

const loudnessOf = (power: number): number => OFFSET_LU + 10 * Math.log10(power)

const powerOf = (lufs: number): number => 10 ** ((lufs - OFFSET_LU) / 10)

function meanAbove(powers: Float64Array, gate: number): number | undefined {
  let sum = 0
  let count = 0
  for (const power of powers) {
    if (power <= gate) continue
    sum += power
    count += 1
  }
  return count === 0 ? undefined : sum / count
}

/** The weighted mean square of each block, of all channels together. */
function blockPowers(channels: readonly Int16Array[], rateHz: number): Float64Array {
  const samples = channels[0]?.length ?? 0
  if (samples === 0) return new Float64Array(0)
  const step = Math.round((rateHz * BLOCK_MS) / 1000 / STEPS_A_BLOCK)
  const steps = Math.floor(samples / step)
  if (steps < STEPS_A_BLOCK) {
    const whole = new Float64Array(1)
    for (const channel of channels) addEnergies(channel, rateHz, samples, whole)
    return whole.map((energy) => energy / samples)
  }
  const energies = new Float64Array(steps)
  for (const channel of channels) addEnergies(channel, rateHz, step, energies)
  const powers = new Float64Array(steps - STEPS_A_BLOCK + 1)
  return powers.map((_, first) => {
    let sum = 0
    for (let i = first; i < first + STEPS_A_BLOCK; i++) sum += energies[i]!
    return sum / (step * STEPS_A_BLOCK)
  })
}

/** Adds the weighted energy of each stretch of `step` samples to `energies`. */
function addEnergies(pcm: Int16Array, rateHz: number, step: number, energies: Float64Array): void {
  const { shelf, highPass } = kWeighting(rateHz)
  const first = new Section(shelf)
  const second = new Section(highPass)
  for (let n = 0; n < energies.length; n++) {
    let sum = 0
    for (let i = n * step; i < (n + 1) * step; i++) {
      const weighted = second.next(first.next(pcm[i]! / FULL_SCALE))
      sum += weighted * weighted
    }
    energies[n] = energies[n]! + sum
  }
}

/** Direct form II, transposed. */
class Section {
  readonly #filter: Biquad
  #s1 = 0
  #s2 = 0

  constructor(filter: Biquad) {
    this.#filter = filter
  }

  next(x: number): number {
    const { b0, b1, b2, a1, a2 } = this.#filter
    const y = b0 * x + this.#s1
    this.#s1 = b1 * x - a1 * y + this.#s2
    this.#s2 = b2 * x - a2 * y
    return y
  }
}
