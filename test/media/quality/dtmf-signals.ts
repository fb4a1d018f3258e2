import { decodeAlaw, decodeUlaw, encodeAlaw, encodeUlaw } from '../../../engine/dsp/g711.ts'
import { dtmfFrequencies } from '../../../engine/dsp/tones.ts'

// Generators of keys pressed as tones at 8 kHz: random phase and random place, seeded.

export type Random = () => number
export type Law = 'A' | 'mu'

const RATE_HZ = 8000
/** Of a full-scale sine, by G.711. */
const FULL_SCALE_DBM0 = 3.14

export const amplitudeOf = (dbm0: number): number => 32_768 * 10 ** ((dbm0 - FULL_SCALE_DBM0) / 20)

/** A key press. Levels in dBm0 of each tone, deviations as a part of its frequency. */
export interface Press {
  readonly key: string
  readonly onMs: number
  readonly lowDbm0: number
  readonly highDbm0: number
  readonly lowDeviation: number
  readonly highDeviation: number
}

export const press = (key: string, change: Partial<Press> = {}): Press => ({
  ...{ key, onMs: 50, lowDbm0: -10, highDbm0: -10, lowDeviation: 0, highDeviation: 0 },
  ...change,
})

export const inSamples = (ms: number): number => Math.round((ms * RATE_HZ) / 1000)

/** Adds a press from sample `at` on. Returns how many samples it lasts. */
export function addPress(sound: Float64Array, at: number, what: Press, random: Random): number {
  const pair = dtmfFrequencies(what.key)
  if (!pair) throw new RangeError(`not a key: ${what.key}`)
  const samples = inSamples(what.onMs)
  addTone(sound, at, samples, pair[0] * (1 + what.lowDeviation), what.lowDbm0, random)
  addTone(sound, at, samples, pair[1] * (1 + what.highDeviation), what.highDbm0, random)
  return samples
}

export function addTone(
  sound: Float64Array,
  at: number,
  samples: number,
  frequencyHz: number,
  dbm0: number,
  random: Random,
): void {
  const phase = 2 * Math.PI * random()
  const turn = (2 * Math.PI * frequencyHz) / RATE_HZ
  const amplitude = amplitudeOf(dbm0)
  for (let i = 0; i < samples; i++) sound[at + i]! += amplitude * Math.sin(phase + turn * i)
}

/** Adds white Gaussian noise whose power is that of a sine of `dbm0`. */
export function addNoise(sound: Float64Array, dbm0: number, random: Random): void {
  const deviation = amplitudeOf(dbm0) / Math.SQRT2
  for (let i = 0; i < sound.length; i++) {
    const size = Math.sqrt(-2 * Math.log(1 - random()))
    sound[i]! += deviation * size * Math.cos(2 * Math.PI * random())
  }
}

/** As it arrives: clipped, and through G.711. */
export function received(sound: Float64Array, law: Law): Int16Array {
  const pcm = Int16Array.from(sound, (value) =>
    Math.max(-32_768, Math.min(32_767, Math.round(value))),
  )
  const bytes = new Uint8Array(pcm.length)
  if (law === 'A') {
    encodeAlaw(pcm, 0, pcm.length, bytes, 0)
    decodeAlaw(bytes, 0, bytes.length, pcm, 0)
  } else {
    encodeUlaw(pcm, 0, pcm.length, bytes, 0)
    decodeUlaw(bytes, 0, bytes.length, pcm, 0)
  }
  return pcm
}
