import { describe, expect, test } from 'vitest'
import { identity } from './c3-codecs.ts'
import { echoLevels, legMos, mosRows } from './c3-paths.ts'
import { alignment } from './c3-recording.ts'
import { drift } from './c3-resampler.ts'

// Of table C3 what is quick and needs no other program; the rest is in test/unit/dsp, or in npm run quality.

describe('what a table says', () => {
  test.each([...identity(), ...mosRows()])('$name', ({ ours, passLine, passes }) => {
    expect(passes, `${ours}, not ${passLine}`).toBe(true)
  })
})

test('two legs that each send back what they hear: the echo dies away', () => {
  const levels = echoLevels(4)
  expect(levels[0]).toBeGreaterThan(-30)
  expect(levels[2]).toBeLessThanOrEqual(-65)
  expect(levels[3]).toBeLessThanOrEqual(-65)
})

test('a minute of frames comes out as long as it went in', () => {
  expect(drift([48_000, 8000], 60)).toBe(0)
  expect(drift([8000, 48_000], 60)).toBe(0)
})

test.each([100, -100])('ten minutes of a clock %d ppm off: both channels stay together', (ppm) => {
  const { driftMs, clicks, lengthErrorMs } = alignment(600, ppm)
  expect(clicks).toBe(0)
  expect(Math.abs(driftMs)).toBeLessThanOrEqual(20)
  expect(lengthErrorMs).toBe(0)
})

test.each([0, 1, 3, 5])('the MOS that a leg tells, %d %% lost', (loss) => {
  const { expected, found } = legMos(loss)
  expect(Math.abs(found - expected)).toBeLessThanOrEqual(0.05)
})
