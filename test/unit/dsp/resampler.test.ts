import { describe, expect, test } from 'vitest'
import { toneDbfs } from '../../../engine/dsp/goertzel.ts'
import { rmsDbfs } from '../../../engine/dsp/levels.ts'
import { Resampler, resample } from '../../../engine/dsp/resampler.ts'

const rates = [8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000, 96000]
const pairs = rates.flatMap((from) =>
  rates.filter((to) => to !== from).map((to) => [from, to] as const),
)
const telephone = pairs.filter(([from, to]) => from === 8000 || to === 8000)

const sine = (hz: number, rateHz: number, samples: number, amplitude = 26000) =>
  Int16Array.from({ length: samples }, (_, i) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * hz * i) / rateHz)),
  )

/** Signal to all the rest, with the best-fitting sine of that frequency as the signal. */
function sinadDb(
  pcm: Int16Array,
  hz: number,
  rateHz: number,
  from: number,
  samples: number,
): number {
  let inPhase = 0
  let quadrature = 0
  const angle = (i: number) => (2 * Math.PI * hz * i) / rateHz
  for (let i = from; i < from + samples; i++) {
    inPhase += (pcm[i]! * Math.cos(angle(i)) * 2) / samples
    quadrature += (pcm[i]! * Math.sin(angle(i)) * 2) / samples
  }
  let signal = 0
  let rest = 0
  for (let i = from; i < from + samples; i++) {
    const fit = inPhase * Math.cos(angle(i)) + quadrature * Math.sin(angle(i))
    signal += fit * fit
    rest += (pcm[i]! - fit) ** 2
  }
  return 10 * Math.log10(signal / rest)
}

describe.each(telephone)('%d Hz to %d Hz', (from, to) => {
  // A fifth of a second: whole periods of every tone here, clear of both ends.
  const samples = to / 5
  const start = Math.round(to / 10)
  const tone = (hz: number) => resample(sine(hz, from, (from * 2) / 5), from, to)

  test('SINAD of 1 kHz >= 80 dB', () => {
    const out = tone(1000)
    expect(sinadDb(out, 1000, to, start, samples)).toBeGreaterThanOrEqual(80)
  })

  test.each([300, 1000, 2000, 3000, 3400])('flat at %d Hz: within 0.5 dB', (hz) => {
    const out = tone(hz)
    const expected = 20 * Math.log10(26000 / 32767)
    expect(Math.abs(toneDbfs(out, hz, to, start, samples) - expected)).toBeLessThanOrEqual(0.5)
  })

  test('a tone that would alias, or its image, is at -70 dB or below', () => {
    const strong = from > to ? 4600 : 3400
    const ghost = from > to ? 3400 : 4600
    const out = tone(strong)
    expect(toneDbfs(out, ghost, to, start, samples)).toBeLessThanOrEqual(-70)
  })

  test('delay <= 5 ms', () => {
    expect(new Resampler(from, to).delayMs).toBeLessThanOrEqual(5)
  })
})

test.each(pairs)('%d Hz to %d Hz keeps length and level', (from, to) => {
  const out = resample(sine(1000, from, from), from, to)
  expect(out.length).toBe(to)
  expect(rmsDbfs(out, to >> 2, to >> 1)).toBeCloseTo(20 * Math.log10(26000 / 32767) - 3.01, 1)
})

test.each([1, 7, 160, 441, 1024, 3000])(
  'blocks of %d samples give what one block gives',
  (block) => {
    const input = sine(700, 44100, 10_000)
    const whole = new Int16Array(2000)
    const total = new Resampler(44100, 8000).process(input, 0, input.length, whole, 0)
    const pieces = new Int16Array(2000)
    const resampler = new Resampler(44100, 8000)
    let written = 0
    for (let at = 0; at < input.length; at += block) {
      const count = Math.min(block, input.length - at)
      const more = resampler.process(input, at, count, pieces, written)
      expect(more).toBeLessThanOrEqual(resampler.maxOutput(count))
      written += more
    }
    expect(written).toBe(total)
    expect(pieces).toEqual(whole)
  },
)

test('ten minutes in odd blocks have not drifted by a sample', () => {
  const resampler = new Resampler(11025, 8000)
  const input = new Int16Array(441)
  const out = new Int16Array(resampler.maxOutput(441))
  let written = 0
  for (let block = 0; block < 600 * 25; block++) written += resampler.process(input, 0, 441, out, 0)
  expect(written).toBe(600 * 8000)
})

test('the whole-signal form is aligned with its input', () => {
  const impulse = new Int16Array(4800)
  impulse[2400] = 30000
  const out = resample(impulse, 48000, 8000)
  expect(out.indexOf(Math.max(...out))).toBe(400)
})

test('full scale clamps and does not wrap', () => {
  const square = Int16Array.from({ length: 8000 }, (_, i) => (i % 80 < 40 ? 32767 : -32768))
  const out = resample(square, 8000, 48000)
  for (let i = 1; i < out.length; i++) expect(Math.abs(out[i]! - out[i - 1]!)).toBeLessThan(30000)
})

test('equal rates copy', () => {
  const input = sine(440, 8000, 100)
  expect(resample(input, 8000, 8000)).toEqual(input)
  const out = new Int16Array(100)
  expect(new Resampler(8000, 8000).process(input, 0, 100, out, 0)).toBe(100)
  expect(out).toEqual(input)
})

test('an empty signal stays empty', () => {
  expect(resample(new Int16Array(0), 44100, 8000)).toHaveLength(0)
})

test.each([0, -8000, 8000.5, Number.NaN, 999, 384_001])('%d Hz is no sample rate', (rateHz) => {
  expect(() => new Resampler(rateHz, 8000)).toThrow(RangeError)
  expect(() => new Resampler(8000, rateHz)).toThrow(RangeError)
})
