import { DTMF_HIGH_HZ, DTMF_KEYS, DTMF_LOW_HZ } from '../../../engine/dsp/tones.ts'
import { type HeardKeys, spandspKeys } from '../../support/spandsp-dtmf.ts'
import { seeded } from '../../unit/dsp/packet-trace.ts'
import { cutFrames, FRAME, ourKeys } from './dtmf-ours.ts'
import { addPress, inSamples, type Press, press, received } from './dtmf-signals.ts'
import type { Trial, TrialProperty } from './dtmf-trials.ts'

/** Hears keys in signals; undefined: is not there. */
export type Detector = (signals: readonly Int16Array[]) => HeardKeys[] | undefined

export const ours: Detector = (signals) => signals.map(ourKeys)
export const reference: Detector = spandspKeys

/** Share of the trials in which there was what a property counts. */
export function shareOf(
  detector: Detector,
  counts: TrialProperty['counts'],
  trials: readonly Trial[],
): number | undefined {
  const heard = detector(trials.map(({ pcm }) => pcm))
  if (!heard) return undefined
  const counted = trials.filter(({ keys }, n) =>
    counts === 'right' ? heard[n]?.keys === keys : heard[n]?.keys !== '',
  )
  return counted.length / trials.length
}

/** The longest time, in ms, from the beginning of a key until it was told. */
export function longestDelayMs(detector: Detector, trials: readonly Trial[]): number | undefined {
  const heard = detector(trials.map(({ pcm }) => pcm))
  if (!heard) return undefined
  return Math.max(...heard.map(({ firstAt }, n) => (firstAt - trials[n]!.beginsAt) / 8))
}

/** Deviations at which the edge of what is understood is looked for: 0.1 to 20 %, in steps of 0.1 %. */
const deviations = Array.from({ length: 200 }, (_, n) => (n + 1) / 1000)

const groups = [
  { deviates: 'lowDeviation', keys: DTMF_LOW_HZ.map((_, row) => DTMF_KEYS.charAt(4 * row)) },
  { deviates: 'highDeviation', keys: DTMF_HIGH_HZ.map((_, column) => DTMF_KEYS.charAt(column)) },
] as const

/** How far, as parts of its frequency, a tone may be off: down and up. For each of the eight tones. */
export function bandwidths(detector: Detector): (readonly [number, number])[] | undefined {
  const sweeps = groups.flatMap(({ deviates, keys }) =>
    keys.flatMap((key) => [-1, 1].map((sign) => ({ deviates, key, sign }))),
  )
  const signals = sweeps.flatMap(({ deviates, key, sign }) =>
    deviations.map((part) => onePress(press(key, { [deviates]: sign * part }))),
  )
  const heard = detector(signals)
  if (!heard) return undefined
  const edges = sweeps.map(({ key }, n) => {
    const row = heard.slice(n * deviations.length, (n + 1) * deviations.length)
    const missed = row.findIndex(({ keys }) => keys !== key)
    return missed < 0 ? 1 : (deviations[missed - 1] ?? 0)
  })
  return edges.flatMap((down, n) => (n % 2 === 0 ? [[down, edges[n + 1]!] as const] : []))
}

function onePress(what: Press): Int16Array {
  const sound = new Float64Array(inSamples(160))
  addPress(sound, inSamples(60), what, seeded(1))
  return received(sound, 'A')
}

/** As width and middle are checked: 3 % <= width less what the middle is off < 15 %. */
export function isSymmetrical([down, up]: readonly [number, number]): boolean {
  const width = down + up
  const off = Math.abs(up - down) / 2
  return width >= 0.03 + off && width < 0.15 + off
}

/** Of presses: the most, in ms, that remains audible of a key, and the most of other sound that is lost with it. */
export function afterCutting(trials: readonly Trial[]): { toneMs: number; lostMs: number } {
  let toneMs = 0
  let lostMs = 0
  for (const { pcm, beginsAt, endsAt } of trials) {
    let cutSamples = 0
    let cutTone = 0
    for (const at of cutFrames(pcm)) {
      cutSamples += FRAME
      cutTone += Math.max(0, Math.min(at + FRAME, endsAt) - Math.max(at, beginsAt))
    }
    toneMs = Math.max(toneMs, (endsAt - beginsAt - cutTone) / 8)
    lostMs = Math.max(lostMs, (cutSamples - cutTone) / 8)
  }
  return { toneMs, lostMs }
}
