import { expect, test } from 'vitest'
import { Histogram } from '../../../engine/media/tick/histogram.ts'

test('quantiles are those of the values, to a tenth of a millisecond', () => {
  const histogram = new Histogram()
  for (let n = 1; n <= 1000; n++) histogram.add(n / 100)
  const { count, p50Ms, p99Ms, maxMs } = histogram.summary()
  expect(count).toBe(1000)
  expect(p50Ms).toBeCloseTo(5, 0)
  expect(p99Ms).toBeCloseTo(9.9, 0)
  expect(maxMs).toBe(10)
})

test('values out of range are counted at its ends', () => {
  const histogram = new Histogram()
  histogram.add(-3)
  histogram.add(5000)
  const { count, p50Ms, p99Ms, maxMs } = histogram.summary()
  expect([count, p50Ms, maxMs]).toEqual([2, 0.1, 5000])
  expect(p99Ms).toBeCloseTo(100, 0)
})

test('nothing counted is all zero', () => {
  expect(new Histogram().summary()).toEqual({ count: 0, p50Ms: 0, p99Ms: 0, maxMs: 0 })
})
