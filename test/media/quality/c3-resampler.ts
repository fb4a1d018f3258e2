import { Resampler, resample } from '../../../engine/dsp/resampler.ts'
import { soxResample } from './codec-references.ts'
import type { Property } from './table.ts'
import { type Stretch, sinadDb, sine, toneDb } from './tone-measures.ts'

/** The resampler between the rates of calls, beside `sox rate -m`. */

const pairs = [
  [48_000, 8000],
  [48_000, 16_000],
  [8000, 48_000],
  [8000, 16_000],
  [16_000, 8000],
  [16_000, 48_000],
] as const
type Pair = (typeof pairs)[number]

const AMPLITUDE = 26_000
/** Where a tone is as far above the lower Nyquist frequency as it may be heard below. */
const BEYOND_HZ = 600
const rippleTones = [300, 500, 1000, 2000, 3000, 3400]

type Convert = (pcm: Int16Array, fromHz: number, toHz: number) => Int16Array | undefined

/** A second of the middle: whole periods of every tone here. */
const middle = (rateHz: number): Stretch => ({ from: rateHz, samples: rateHz })
const toneThrough = (convert: Convert, [from, to]: Pair, hz: number) =>
  convert(sine(hz, from, 3 * from, AMPLITUDE), from, to)

const decibels = (value: number | undefined): string =>
  value === undefined || Number.isNaN(value) ? '-' : `${value.toFixed(1)} dB`

function sinad(convert: Convert, pair: Pair): number | undefined {
  const heard = toneThrough(convert, pair, 1000)
  return heard && sinadDb(heard, 1000, pair[1], middle(pair[1]))
}

/** What is left of a tone that must not be there, where it is folded to; or of the image of one. */
function ghost(convert: Convert, pair: Pair): number | undefined {
  const [from, to] = pair
  const nyquist = Math.min(from, to) / 2
  const [said, ghostHz] =
    from > to
      ? [nyquist + BEYOND_HZ, nyquist - BEYOND_HZ]
      : [nyquist - BEYOND_HZ, nyquist + BEYOND_HZ]
  const heard = toneThrough(convert, pair, said)
  return heard && toneDb(heard, ghostHz, to, middle(to), AMPLITUDE)
}

function ripple(convert: Convert, pair: Pair): number | undefined {
  let most = 0
  for (const hz of rippleTones) {
    const heard = toneThrough(convert, pair, hz)
    if (!heard) return undefined
    most = Math.max(most, Math.abs(toneDb(heard, hz, pair[1], middle(pair[1]), AMPLITUDE)))
  }
  return most
}

interface Line {
  readonly what: string
  readonly passLine: string
  measure(convert: Convert, pair: Pair): number | undefined
  passes(value: number): boolean
}

const lines: readonly Line[] = [
  { what: 'SINAD of 1 kHz', passLine: '>= 80 dB', measure: sinad, passes: (db) => db >= 80 },
  { what: 'alias or image', passLine: '<= -70 dB', measure: ghost, passes: (db) => db <= -70 },
  { what: 'ripple 300-3400 Hz', passLine: '<= 0.5 dB', measure: ripple, passes: (db) => db <= 0.5 },
]

const nameOf = ([from, to]: Pair): string => `${from / 1000} to ${to / 1000} kHz`

function measured(pair: Pair, { what, passLine, measure, passes }: Line): Property {
  const ours = measure(resample, pair) ?? Number.NaN
  return {
    name: `${nameOf(pair)}: ${what}`,
    reference: decibels(measure(soxResample, pair)),
    ours: decibels(ours),
    passLine,
    passes: passes(ours),
  }
}

function delay(pair: Pair): Property {
  const { delayMs } = new Resampler(pair[0], pair[1])
  return {
    name: `${nameOf(pair)}: delay`,
    reference: 'speex q3: 3 ms',
    ours: `${delayMs.toFixed(1)} ms`,
    passLine: '<= 5 ms',
    passes: delayMs <= 5,
  }
}

/** Samples too many or too few after so long, in frames of 20 ms. */
export function drift(pair: Pair, seconds: number): number {
  const [from, to] = pair
  const resampler = new Resampler(from, to)
  const frame = new Int16Array(from / 50).fill(1)
  const out = new Int16Array(resampler.maxOutput(frame.length))
  let written = 0
  for (let n = 0; n < seconds * 50; n++) {
    written += resampler.process(frame, 0, frame.length, out, 0)
  }
  return written - seconds * to
}

function driftRow(pair: Pair, seconds: number): Property {
  const samples = drift(pair, seconds)
  return {
    name: `${nameOf(pair)}: drift in ${seconds / 60} min`,
    reference: '-',
    ours: `${samples} samples`,
    passLine: '0 samples',
    passes: samples === 0,
  }
}

export const resamplerRows = (): Property[] => [
  ...pairs.flatMap((pair) => [...lines.map((line) => measured(pair, line)), delay(pair)]),
  driftRow([8000, 16_000], 3600),
  driftRow([16_000, 8000], 3600),
]
