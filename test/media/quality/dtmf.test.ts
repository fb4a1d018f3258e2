import { describe, expect, test } from 'vitest'
import { DtmfDetector } from '../../../engine/dsp/dtmf-detector.ts'
import { overCodecs } from './dtmf-codecs.ts'
import {
  afterCutting,
  bandwidths,
  isSymmetrical,
  longestDelayMs,
  ours,
  shareOf,
} from './dtmf-measures.ts'
import { addPress, press, received } from './dtmf-signals.ts'
import { prompts, speech } from './dtmf-talk.ts'
import { single, speed, trialProperties } from './dtmf-trials.ts'

/** All keys, by both laws of G.711, four times. */
const TRIALS = 128

describe('in-band DTMF', () => {
  test.each(trialProperties)('$name', ({ counts, share, trials }) => {
    const found = shareOf(ours, counts, trials(TRIALS)) ?? Number.NaN
    if (counts === 'right') expect(found).toBeGreaterThanOrEqual(share)
    else expect(found).toBeLessThanOrEqual(share)
  })

  test('white noise 15 dB below a thousand keys', () => {
    const noise = trialProperties.find(({ name }) => name === 'white noise 15 dB below')
    expect(shareOf(ours, 'right', noise?.trials(1000) ?? [])).toBe(1)
  })

  test(speed.name, () => {
    expect(shareOf(ours, 'right', speed.trials(2))).toBe(1)
  })

  test.each(Object.entries(overCodecs))('over %s', (_codec, over) => {
    expect(shareOf(ours, 'right', over(single(32)))).toBe(1)
  })

  test('each tone may be off as far to one side as to the other', () => {
    expect(bandwidths(ours)?.filter((width) => !isSymmetrical(width))).toEqual([])
  })

  test('a key is decided 40 ms after its beginning', () => {
    expect(longestDelayMs(ours, single(TRIALS))).toBeLessThanOrEqual(40)
  })

  test('of a key that is cut 12 ms remain, and 31 ms of other sound go with it', () => {
    const { toneMs, lostMs } = afterCutting(single(TRIALS))
    expect(toneMs).toBeLessThanOrEqual(12)
    expect(lostMs).toBeLessThanOrEqual(31)
  })

  test('a key is told with how long it was pressed', () => {
    const told: [string, number][] = []
    const detector = new DtmfDetector({ onDigit: (...what) => told.push(what) })
    const sound = new Float64Array(16_000)
    addPress(sound, 1000, press('7', { onMs: 60 }), () => 0.3)
    addPress(sound, 4000, press('#', { onMs: 1200 }), () => 0.6)
    const pcm = received(sound, 'A')
    for (let at = 0; at < pcm.length; at += 160) detector.process(pcm, at)
    expect(told.map(([key]) => key)).toEqual(['7', '#'])
    expect(told.map(([, ms]) => ms).map((ms, n) => Math.abs(ms - [60, 1200][n]!) <= 5)).toEqual([
      true,
      true,
    ])
  })

  test('none is found in speech', (context) => {
    const spoken = [...speech(120), ...prompts(100)]
    context.skip(spoken.length === 0, 'neither espeak-ng nor prompts are installed')
    expect(ours(spoken)?.filter(({ keys }) => keys !== '')).toEqual([])
  })
})
