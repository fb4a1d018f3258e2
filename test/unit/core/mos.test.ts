import { describe, expect, test } from 'vitest'
import { estimateMos, mosOf, rFactor } from '../../../engine/core/mos.ts'

describe('MOS of G.711 at 100 ms', () => {
  test.each([
    [0, 4.36],
    [1, 4.26],
    [3, 4.05],
    [5, 3.82],
  ])('%d %% lost, concealed: %f', (lossPercent, expected) => {
    expect(Math.abs(estimateMos('PCMU', 100, lossPercent).value - expected)).toBeLessThanOrEqual(
      0.05,
    )
  })

  test.each([
    [0, 4.36],
    [1, 3.73],
    [3, 2.67],
    [5, 2.05],
  ])('%d %% lost, not concealed: %f', (lossPercent, expected) => {
    expect(Math.abs(mosOf(rFactor(100, lossPercent, 4.3)) - expected)).toBeLessThanOrEqual(0.05)
  })
})

test('delay counts, and more so beyond 177 ms', () => {
  expect(rFactor(0, 0)).toBeCloseTo(93.2)
  expect(rFactor(177.3, 0)).toBeCloseTo(93.2 - 4.2552)
  expect(rFactor(277.3, 0)).toBeCloseTo(93.2 - 0.024 * 277.3 - 11)
})

test('stays within 1 and 4.5', () => {
  expect(estimateMos('PCMA', 10_000, 100).value).toBe(1)
  expect(estimateMos('PCMA', 0, 0).value).toBeCloseTo(4.41)
})

test('only the figures of G.711 were published', () => {
  expect(estimateMos('PCMA', 100, 0).grounded).toBe(true)
  expect(estimateMos('opus', 100, 0)).toMatchObject({ grounded: false })
  expect(estimateMos('G722', 100, 0)).toMatchObject({ grounded: false })
})
