import type { Manner } from './script.ts'

/**
 * `prosody` and `emphasis` as numbers. Labels, and a volume without sign, say how it shall be; per cents,
 * factors, decibels, semitones and signed numbers change what is around them.
 */
type Change = (was: number) => number

const RATES = { 'x-slow': 0.6, slow: 0.8, medium: 1, default: 1, fast: 1.25, 'x-fast': 1.6 }
const GAINS = { silent: 0, 'x-soft': 0.3, soft: 0.6, medium: 1, default: 1, loud: 1.5, 'x-loud': 2 }
const OCTAVES = { 'x-low': -0.5, low: -0.25, medium: 0, default: 0, high: 0.25, 'x-high': 0.5 }
const EMPHASES = {
  strong: { rate: 0.9, gain: 1.5, octaves: 0.15 },
  moderate: { rate: 0.95, gain: 1.25, octaves: 0.08 },
  reduced: { rate: 1.05, gain: 0.75, octaves: -0.06 },
  none: { rate: 1, gain: 1, octaves: 0 },
}

const NUMBER = /^([+-]?)(\d{1,4}(?:\.\d{0,4})?)(%|db|st|hz)?$/i

/** Undefined for a value that has no meaning here. */
export function changeRate(value: string): Change | undefined {
  if (isLabel(RATES, value)) return () => RATES[value]
  const { sign, size, unit } = readNumber(value)
  if (unit === '%') return (was) => was * (sign === 0 ? size / 100 : 1 + (sign * size) / 100)
  return unit === '' && sign === 0 && size > 0 ? (was) => was * size : undefined
}

export function changeGain(value: string): Change | undefined {
  if (isLabel(GAINS, value)) return () => GAINS[value]
  const { sign, size, unit } = readNumber(value)
  if (unit === 'db') return (was) => was * 10 ** (((sign || 1) * size) / 20)
  if (unit === '%') return (was) => was * (sign === 0 ? size / 100 : 1 + (sign * size) / 100)
  if (unit !== '') return undefined
  return (was) => (sign === 0 ? size / 100 : was + (sign * size) / 100)
}

/** @param usualHz the pitch of a voice like this one */
export function changeOctaves(value: string, usualHz: number): Change | undefined {
  if (isLabel(OCTAVES, value)) return () => OCTAVES[value]
  const { sign, size, unit } = readNumber(value)
  if (unit === 'st') return (was) => was + ((sign || 1) * size) / 12
  if (unit === 'hz') {
    const aim = (was: number) => (sign === 0 ? size : usualHz * 2 ** was + sign * size)
    return (was) => Math.log2(Math.max(aim(was), 1) / usualHz)
  }
  if (unit !== '%') return undefined
  const factor = sign === 0 ? size / 100 : 1 + (sign * size) / 100
  return (was) => was + Math.log2(Math.max(factor, 0.01))
}

/** The emphasis of SSML; no level means moderate. Undefined for an unknown level. */
export function emphasise(manner: Manner, level = 'moderate'): Manner | undefined {
  if (!isLabel(EMPHASES, level)) return undefined
  const { rate, gain, octaves } = EMPHASES[level]
  return bounded({
    ...manner,
    rate: manner.rate * rate,
    gain: manner.gain * gain,
    octaves: manner.octaves + octaves,
  })
}

export const bounded = (manner: Manner): Manner => ({
  ...manner,
  rate: clamp(manner.rate, 0.5, 3),
  gain: clamp(manner.gain, 0, 2),
  octaves: clamp(manner.octaves, -1, 1),
})

const clamp = (value: number, least: number, most: number) =>
  Math.min(most, Math.max(least, Math.round(value * 1000) / 1000))

const isLabel = <T extends object>(labels: T, value: string): value is string & keyof T =>
  Object.hasOwn(labels, value)

/** Sign 0 when there is none; unit 'none' when it is no number at all. */
function readNumber(value: string): { sign: -1 | 0 | 1; size: number; unit: string } {
  const [, sign, size, unit = ''] = NUMBER.exec(value) ?? []
  if (size === undefined) return { sign: 0, size: 0, unit: 'none' }
  return {
    sign: sign === '-' ? -1 : sign === '+' ? 1 : 0,
    size: Number(size),
    unit: unit.toLowerCase(),
  }
}
