import { setImmediate as nextTurn } from 'node:timers/promises'
import { HOLD_TUNE } from '../../dsp/hold-tune.ts'
import { ToneGenerator } from '../../dsp/tone-generator.ts'
import type { PcmRateHz } from './codec.ts'
import type { Samples } from './shared-samples.ts'

/** That of wideband phones, more than the tune needs. */
const RATE_HZ: PcmRateHz = 16_000
/** Made at a go; the tick may run in between. */
const SLICE_MS = 100

let made: Promise<Samples> | undefined

/**
 * One round of the tune of those who are on hold or wait, for the whole thread: tens of milliseconds of work, once,
 * and 400 kB.
 */
export function heldTune(): Promise<Samples> {
  made ??= make()
  return made
}

async function make(): Promise<Samples> {
  const generator = new ToneGenerator({ ...HOLD_TUNE, rounds: 1 }, RATE_HZ)
  const lengths = HOLD_TUNE.segments.map(({ durationMs }) =>
    Math.round((durationMs * RATE_HZ) / 1000),
  )
  const pcm = new Int16Array(lengths.reduce((sum, length) => sum + length, 0))
  const slice = (RATE_HZ * SLICE_MS) / 1000
  for (let at = 0; at < pcm.length; at += slice) {
    generator.next(pcm, at, Math.min(slice, pcm.length - at))
    await nextTurn()
  }
  return { rateHz: RATE_HZ, pcm }
}
