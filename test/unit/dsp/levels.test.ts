import { expect, test } from 'vitest'
import { toneAmplitude, toneDbfs } from '../../../engine/dsp/goertzel.ts'
import { align, correlationAt, peak, rmsDbfs, SILENCE_DBFS } from '../../../engine/dsp/levels.ts'

const sine = (hz: number, amplitude: number, samples = 8000) =>
  Int16Array.from(
    { length: samples },
    (_, i) => amplitude * Math.sin((2 * Math.PI * hz * i) / 8000),
  )

const noise = (seed: number, samples: number) => {
  let state = seed
  return Int16Array.from({ length: samples }, () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return (state >> 15) - 32768
  })
}

test.each([
  { amplitude: 32767, dbfs: -3.01 },
  { amplitude: 3277, dbfs: -23.01 },
  { amplitude: 0, dbfs: SILENCE_DBFS },
])('a sine of $amplitude measures $dbfs dBFS', ({ amplitude, dbfs }) => {
  expect(rmsDbfs(sine(1000, amplitude))).toBeCloseTo(dbfs, 1)
})

test('an empty range is silence', () => {
  expect(rmsDbfs(new Int16Array(0))).toBe(SILENCE_DBFS)
  expect(toneDbfs(new Int16Array(0), 1000)).toBe(SILENCE_DBFS)
  expect(toneAmplitude(new Int16Array(0), 0, 0, 1000)).toBe(0)
})

test('one tone is measured beside another', () => {
  const other = sine(2300, 1000)
  const two = sine(1000, 10000).map((value, i) => value + other[i]!)
  expect(toneDbfs(two, 1000)).toBeCloseTo(20 * Math.log10(10000 / 32767), 1)
  expect(toneDbfs(two, 2300)).toBeCloseTo(20 * Math.log10(1000 / 32767), 1)
  expect(toneDbfs(two, 1700)).toBeLessThan(-80)
})

test.each([0, 1, 37, -52])('finds a lag of %d samples', (lag) => {
  const source = noise(7, 4000)
  const a = source.subarray(100, 2100)
  const b = source.subarray(100 - lag, 2100 - lag)
  const found = align(a, b, -80, 80)
  expect(found.lag).toBe(lag)
  expect(found.correlation).toBeCloseTo(1, 6)
})

test('other signals do not correlate, an inverted one fully', () => {
  const a = noise(7, 4000)
  expect(Math.abs(correlationAt(a, noise(99, 4000), 0))).toBeLessThan(0.1)
  expect(
    correlationAt(
      a,
      a.map((v) => (v === -32768 ? 32767 : -v)),
      0,
    ),
  ).toBeCloseTo(-1, 3)
  expect(correlationAt(a, new Int16Array(4000), 0)).toBe(0)
})

test('peak takes the magnitude, also of the lowest value', () => {
  expect(peak(Int16Array.of(3, -32768, 5))).toBe(32768)
  expect(peak(Int16Array.of(3, -32768, 5), 2, 1)).toBe(5)
})
