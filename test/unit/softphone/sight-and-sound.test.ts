import { describe, expect, test } from 'vitest'
import { meterLevel, shareOf } from '../../../softphone/app/sound/level.ts'
import { scoreOf, soundFor } from '../../../softphone/app/sound/schedule.ts'
import {
  areaPath,
  barsOf,
  gradeOf,
  linePath,
  plotPoints,
  qualityFigures,
} from '../../../softphone/app/words/quality.ts'

describe('which sound', () => {
  const quiet = { isRinging: false, isTalking: false, isRingingThere: false }

  test.each([
    ['nothing when all is quiet', {}, undefined],
    ['the ring when a call comes in', { isRinging: true }, 'ring'],
    ['a knock when one comes in during another', { isRinging: true, isTalking: true }, 'waiting'],
    ['the ring-back tone while it rings there', { isRingingThere: true }, 'ringback'],
    ['the ring before the ring-back tone', { isRinging: true, isRingingThere: true }, 'ring'],
  ] as const)('%s', (_, scene, sound) => {
    expect(soundFor({ ...quiet, ...scene })).toBe(sound)
  })

  test.each(['ring', 'waiting', 'ringback', 'busy', 'ended'] as const)(
    'each round of "%s" is over before the next, and no louder than full scale',
    (name) => {
      const { notes, everyS = 60 } = scoreOf(name)
      expect(Math.max(...notes.map(({ atS, lengthS }) => atS + lengthS))).toBeLessThan(everyS)
      for (const { gain, hz } of notes) expect(gain * hz.length).toBeLessThanOrEqual(1)
    },
  )
})

describe('levels', () => {
  test('the meter is empty at -60 dB and full at full scale', () => {
    expect(shareOf(0)).toBe(0)
    expect(shareOf(0.001)).toBeCloseTo(0)
    expect(shareOf(0.0316)).toBeCloseTo(0.5, 2)
    expect(shareOf(1)).toBe(1)
  })

  test('a sine of full scale is 3 dB below it', () => {
    const sine = Float32Array.from({ length: 800 }, (_, at) => Math.sin((2 * Math.PI * at) / 80))
    expect(meterLevel(sine)).toBeCloseTo(57 / 60, 2)
    expect(meterLevel(new Float32Array(0))).toBe(0)
  })
})

describe('quality', () => {
  test.each([
    [4.4, 'good', 4],
    [4.1, 'good', 3],
    [3.5, 'fair', 2],
    [2, 'poor', 1],
  ] as const)('MOS %d is %s with %d bars', (mos, grade, bars) => {
    expect([gradeOf(mos), barsOf(mos)]).toEqual([grade, bars])
  })

  test('figures have their units, and a round trip that is not known says so', () => {
    const figures = qualityFigures({
      ...{ at: new Date(0), lossPercent: 12.34, jitterMs: 3.6, roundTripMs: undefined, mos: 3.14 },
      ...{ codec: 'opus', inputLevel: 0, outputLevel: 0 },
    })
    expect(Object.fromEntries(figures)).toMatchObject({
      ...{ 'Score (MOS)': '3.1', Loss: '12 %', Jitter: '4 ms', 'Round trip': 'not known yet' },
    })
  })
})

describe('the plot', () => {
  const box = { width: 100, height: 50, low: 0, high: 10, slots: 5 }

  test('the newest value stands at the right edge, high ones at the top', () => {
    expect(plotPoints([10, 0], box)).toEqual([
      { x: 75, y: 0 },
      { x: 100, y: 50 },
    ])
  })

  test('older values fall out at the left, and all stay inside', () => {
    const points = plotPoints([99, 1, 2, 3, 4, -5], box)
    expect(points).toHaveLength(5)
    expect(points[0]).toEqual({ x: 0, y: 45 })
    expect(points[4]).toEqual({ x: 100, y: 50 })
  })

  test('paths of it', () => {
    const points = plotPoints([10, 0], box)
    expect(linePath(points)).toBe('M75 0L100 50')
    expect(areaPath(points, box)).toBe('M75 0L100 50L100 50L75 50Z')
    expect([linePath([]), areaPath([], box)]).toEqual(['', ''])
  })
})
