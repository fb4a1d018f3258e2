import { describe, expect, test } from 'vitest'
import { quantileOf, slopeOf, summaryOf } from '../../bench/statistics.ts'
import fc from '../../support/property.ts'

const to = (last: number): number[] => Array.from({ length: last }, (_, n) => n + 1)

describe('quantile', () => {
  test.each([
    [[7], 0.5, 7],
    [[7], 0.99, 7],
    [[3, 1, 2], 0.5, 2],
    [[4, 1, 3, 2], 0.5, 2],
    [to(100), 0.5, 50],
    [to(100), 0.95, 95],
    [to(100), 0.99, 99],
    [to(100), 1, 100],
    [to(1000).reverse(), 0.99, 990],
    [[10, 9, -1, 100], 0.5, 9],
    [[1, 1, 1, 50], 0.99, 50],
  ])('of %j at %d is %d', (values, quantile, expected) => {
    expect(quantileOf(values, quantile)).toBe(expected)
  })

  test('of nothing is not a number', () => {
    expect(quantileOf([], 0.5)).toBeNaN()
  })

  test('has at least its share of values at or below it, and fewer below', () => {
    const values = fc.array(fc.double({ noNaN: true }), { minLength: 1 })
    const share = fc.double({ min: 0.001, max: 1, noNaN: true })
    fc.assert(
      fc.property(values, share, (some, quantile) => {
        const value = quantileOf(some, quantile)
        const wanted = quantile * some.length
        expect(some.filter((one) => one <= value).length).toBeGreaterThanOrEqual(wanted)
        expect(some.filter((one) => one < value).length).toBeLessThan(wanted)
      }),
    )
  })

  test('leaves the values as they were', () => {
    const values = [3, 1, 2]
    quantileOf(values, 0.5)
    expect(values).toEqual([3, 1, 2])
  })
})

test('a summary has them all', () => {
  expect(summaryOf(to(200))).toEqual({ count: 200, p50: 100, p95: 190, p99: 198, max: 200 })
})

test.each([
  [
    [
      [0, 5],
      [1, 7],
      [2, 9],
    ],
    2,
  ],
  [
    [
      [0, 4],
      [100, 4],
    ],
    0,
  ],
  [
    [
      [0, 0],
      [1, 3],
      [2, 0],
      [3, 3],
    ],
    0.6,
  ],
  [
    [
      [10, 1],
      [20, -4],
    ],
    -0.5,
  ],
] as const)('slope of %j is %d', (points, expected) => {
  expect(slopeOf(points)).toBeCloseTo(expected, 12)
})
