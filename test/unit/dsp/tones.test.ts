import { describe, expect, test } from 'vitest'
import { ringCountries } from '../../../engine/core/ring-tones.ts'
import { toneDbfs } from '../../../engine/dsp/goertzel.ts'
import { peak, rmsDbfs } from '../../../engine/dsp/levels.ts'
import { RING_TONES } from '../../../engine/dsp/ring-tones.ts'
import { ToneGenerator } from '../../../engine/dsp/tone-generator.ts'
import { dtmfFrequencies, dtmfTone, sineTone, TONES, type Tone } from '../../../engine/dsp/tones.ts'

function render(tone: Tone, samples: number, block = 160): Int16Array {
  const pcm = new Int16Array(samples)
  const generator = new ToneGenerator(tone)
  for (let at = 0; at < samples; at += block) {
    generator.next(pcm, at, Math.min(block, samples - at))
  }
  return pcm
}

describe('DTMF', () => {
  const rows: readonly [string, number, number][] = [
    ['1', 697, 1209],
    ['2', 697, 1336],
    ['3', 697, 1477],
    ['A', 697, 1633],
    ['4', 770, 1209],
    ['5', 770, 1336],
    ['6', 770, 1477],
    ['B', 770, 1633],
    ['7', 852, 1209],
    ['8', 852, 1336],
    ['9', 852, 1477],
    ['C', 852, 1633],
    ['*', 941, 1209],
    ['0', 941, 1336],
    ['#', 941, 1477],
    ['D', 941, 1633],
  ]
  test.each(rows)('key %s is %d + %d Hz and nothing else', (key, low, high) => {
    expect(dtmfFrequencies(key)).toEqual([low, high])
    const pcm = render(dtmfTone(key, 100, 0), 800)
    for (const hz of [697, 770, 852, 941, 1209, 1336, 1477, 1633]) {
      const level = toneDbfs(pcm, hz)
      if (hz === low || hz === high) expect(level).toBeCloseTo(-10, 0)
      else expect(level).toBeLessThan(-28)
    }
  })

  test('two keys have a pause between them', () => {
    const pcm = render(dtmfTone('12', 60, 40), 1600)
    expect(rmsDbfs(pcm, 0, 480)).toBeGreaterThan(-12)
    expect(peak(pcm, 480, 320)).toBe(0)
    expect(rmsDbfs(pcm, 800, 480)).toBeGreaterThan(-12)
    expect(peak(pcm, 1280, 320)).toBe(0)
  })

  test.each(['', 'E', '12', ' ', 'é'])('%j is no key', (key) => {
    expect(dtmfFrequencies(key)).toBeUndefined()
  })

  test('a row with something else in it is refused', () => {
    expect(() => dtmfTone('1x')).toThrow(RangeError)
  })
})

describe('ToneGenerator', () => {
  test('cadence of the US ringback: 2 s on, 4 s off, and again', () => {
    const pcm = render(TONES.ringbackUs, 8000 * 8)
    expect(toneDbfs(pcm, 440, 8000, 0, 16000)).toBeCloseTo(-19, 0)
    expect(toneDbfs(pcm, 480, 8000, 0, 16000)).toBeCloseTo(-19, 0)
    expect(peak(pcm, 16000, 32000)).toBe(0)
    expect(toneDbfs(pcm, 440, 8000, 48000, 16000)).toBeCloseTo(-19, 0)
  })

  test('the size of the blocks makes no difference', () => {
    expect(render(TONES.busyEu, 12000, 7)).toEqual(render(TONES.busyEu, 12000, 12000))
  })

  test('a finite tone ends: count, done, then zeros', () => {
    const generator = new ToneGenerator(sineTone(1000, 25))
    const pcm = new Int16Array(320).fill(99)
    expect(generator.next(pcm, 0, 160)).toBe(160)
    expect(generator.done).toBe(false)
    expect(generator.next(pcm, 160, 160)).toBe(40)
    expect(generator.done).toBe(true)
    expect(peak(pcm, 200, 120)).toBe(0)
    expect(generator.next(pcm, 0, 160)).toBe(0)
  })

  test('starts and stops without a click', () => {
    const pcm = render(sineTone(1000, 50, -6), 800)
    expect(peak(pcm, 0, 2)).toBeLessThan(1200)
    expect(peak(pcm, 398, 2)).toBeLessThan(1200)
  })

  test('loud sums clamp and do not wrap', () => {
    const loud: Tone = {
      segments: [{ frequenciesHz: [400, 401, 402], durationMs: 100 }],
      rounds: 1,
      levelDbfs: 0,
    }
    const pcm = render(loud, 800)
    expect(peak(pcm)).toBeGreaterThanOrEqual(32767)
    const steps = pcm.map((value, i) => Math.abs(value - (pcm[i - 1] ?? 0)) / 2)
    expect(peak(steps)).toBeLessThan(16384)
  })

  test.each([
    { name: 'no segments', tone: { segments: [], rounds: 3, levelDbfs: -10 } },
    { name: 'empty segments for ever', tone: sineForEver(0) },
  ])('$name: silence at once, no hang', ({ tone }) => {
    const generator = new ToneGenerator(tone)
    expect(generator.done).toBe(true)
    expect(generator.next(new Int16Array(160), 0, 160)).toBe(0)
  })
})

function sineForEver(durationMs: number): Tone {
  return {
    segments: [{ frequenciesHz: [400], durationMs }],
    rounds: Number.POSITIVE_INFINITY,
    levelDbfs: -10,
  }
}

describe('ringback by country', () => {
  test('there is one for each, without an end, that rings and is silent', () => {
    for (const country of ringCountries) {
      const { segments, rounds }: Tone = RING_TONES[country]
      expect(rounds).toBe(Number.POSITIVE_INFINITY)
      const [ring, pause] = segments
      expect(ring?.frequenciesHz).not.toEqual([])
      expect(pause?.frequenciesHz).toEqual([])
      const periodMs = segments.reduce((sum, { durationMs }) => sum + durationMs, 0)
      expect(periodMs).toBeGreaterThanOrEqual(3_000)
      expect(periodMs).toBeLessThanOrEqual(6_000)
    }
  })

  test.each([
    ['de', 425, 1000, 5000],
    ['fr', 440, 1500, 5000],
    ['hu', 425, 1250, 5000],
    ['pt', 425, 1000, 6000],
    ['il', 414, 1000, 4000],
  ] as const)('%s: %d Hz for %d ms, every %d ms', (country, hz, onMs, periodMs) => {
    const pcm = render(RING_TONES[country], periodMs * 8 + 1600)
    expect(toneDbfs(pcm.subarray(800, (onMs - 100) * 8), hz)).toBeGreaterThan(-18)
    expect(peak(pcm.subarray((onMs + 20) * 8, (periodMs - 20) * 8))).toBe(0)
    expect(toneDbfs(pcm.subarray(periodMs * 8 + 400), hz)).toBeGreaterThan(-18)
  })

  test('a modulated carrier has its two side lines', () => {
    const pcm = render(RING_TONES.sg, 3_200)
    for (const hz of [401, 425, 449]) expect(toneDbfs(pcm, hz)).toBeGreaterThan(-24)
    expect(toneDbfs(pcm, 475)).toBeLessThan(-40)
  })
})
