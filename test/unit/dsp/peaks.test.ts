import { expect, test } from 'vitest'
import { peaks } from '../../../engine/dsp/peaks.ts'

test('extremes of each bucket, per channel', () => {
  const left = Int16Array.of(0, 16384, -32768, 0, 8192, 8192)
  const right = Int16Array.of(1, 1, 1, 1, 1, -16384)
  const { channels, samplesPerBucket } = peaks([left, right], 3)
  expect(samplesPerBucket).toBe(2)
  expect([...channels[0]!]).toEqual([0, 0.5, -1, 0, 0.25, 0.25])
  expect(channels[1]![4]).toBe(-0.5)
})

test.each([
  { samples: 0, buckets: 10, used: 0 },
  { samples: 3, buckets: 10, used: 3 },
  { samples: 1000, buckets: 10, used: 10 },
  { samples: 1001, buckets: 10, used: 10 },
  { samples: 11, buckets: 10, used: 6 },
])('$samples samples in at most $buckets buckets make $used', ({ samples, buckets, used }) => {
  expect(peaks([new Int16Array(samples)], buckets).channels[0]).toHaveLength(used * 2)
})

test('a shorter channel is silent to the end', () => {
  const { channels } = peaks([Int16Array.of(5, 5, 5, 5), Int16Array.of(5)], 4)
  expect([...channels[1]!.subarray(2)]).toEqual([0, 0, 0, 0, 0, 0])
})

test.each([0, -1, 1.5, 100_001, Number.NaN])('%d buckets are refused', (buckets) => {
  expect(() => peaks([], buckets)).toThrow(RangeError)
})
