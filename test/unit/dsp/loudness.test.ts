import { describe, expect, test } from 'vitest'
import { peak, rmsDbfs } from '../../../engine/dsp/levels.ts'
import { amplified, integratedLoudness, levelled } from '../../../engine/dsp/loudness.ts'
import { PeakLimiter } from '../../../engine/dsp/peak-limiter.ts'
import { resample } from '../../../engine/dsp/resampler.ts'

type Part = readonly [peakDbfs: number, seconds: number]

function sine(rateHz: number, parts: readonly Part[], hz = 1000): Int16Array {
  const total = parts.reduce((sum, [, seconds]) => sum + Math.round(seconds * rateHz), 0)
  const pcm = new Int16Array(total)
  let at = 0
  for (const [level, seconds] of parts) {
    const amplitude = 32768 * 10 ** (level / 20)
    for (const end = at + Math.round(seconds * rateHz); at < end; at++)
      pcm[at] = Math.round(amplitude * Math.sin((2 * Math.PI * hz * at) / rateHz))
  }
  return pcm
}

/** Something like speech: noise without its highs that comes and goes, with pauses. The same in each run. */
function babble(rateHz: number, seconds: number, dbfs: number): Int16Array {
  let seed = 7
  const chance = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    return seed / 2 ** 31 - 1
  }
  let low = 0
  const samples = Array.from({ length: rateHz * seconds }, (_, i) => {
    low += (chance() - low) * Math.min(1, 4000 / rateHz)
    const t = i / rateHz
    const syllable = Math.max(0, Math.sin(2 * Math.PI * 4 * t)) ** 2
    return t % 3 > 2 ? 0 : low * syllable
  })
  const root = Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length)
  const factor = (32768 * 10 ** (dbfs / 20)) / root
  return Int16Array.from(samples, (x) => Math.max(-32768, Math.min(32767, Math.round(x * factor))))
}

const twice = (pcm: Int16Array) => [pcm, pcm]

describe('test signals of EBU Tech 3341, in stereo', () => {
  const rows: { name: string; parts: readonly Part[]; lufs: number }[] = [
    { name: '1: -23 dBFS', parts: [[-23, 20]], lufs: -23 },
    { name: '2: -33 dBFS', parts: [[-33, 20]], lufs: -33 },
    { name: '3: relative gate', parts: [[-36, 10], [-23, 60], [-36, 10]], lufs: -23 },
    { name: '4: both gates', parts: [[-72, 10], [-36, 10], [-23, 60], [-36, 10], [-72, 10]], lufs: -23 },
    { name: '5: nothing is gated', parts: [[-26, 20], [-20, 20.1], [-26, 20]], lufs: -23 },
  ] // biome-ignore format: one row, one signal

  test.each(rows)('$name', ({ parts, lufs }) => {
    expect(integratedLoudness(twice(sine(48_000, parts)), 48_000)).toBeCloseTo(lufs, 1)
  })

  test.each(rows)('$name, at 8 kHz', ({ parts, lufs }) => {
    expect(Math.abs(integratedLoudness(twice(sine(8000, parts)), 8000)! - lufs)).toBeLessThan(0.1)
  })
})

describe('measuring', () => {
  test('a sine of full scale on one channel is -3.01 LUFS, at every rate', () => {
    for (const rateHz of [8000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000])
      expect(integratedLoudness([sine(rateHz, [[-0.01, 3]], 997)], rateHz)).toBeCloseTo(-3.02, 1)
  })

  test('the same sound has the same loudness at every rate', () => {
    const at16 = babble(16_000, 9, -30)
    const wanted = integratedLoudness([resample(at16, 16_000, 48_000)], 48_000)!
    for (const rateHz of [16_000, 22_050, 44_100, 96_000]) {
      const lufs = integratedLoudness([resample(at16, 16_000, rateHz)], rateHz)!
      expect(Math.abs(lufs - wanted), `${rateHz} Hz`).toBeLessThan(0.2)
    }
    const narrow = resample(at16, 16_000, 8000)
    const wide = integratedLoudness([resample(narrow, 8000, 48_000)], 48_000)!
    expect(Math.abs(integratedLoudness([narrow], 8000)! - wide)).toBeLessThan(0.3)
  })

  test.each([10, 100, 300, 399, 401, 450, 1000])('a tone of %i ms has its level', (durationMs) => {
    const pcm = sine(8000, [[-20, durationMs / 1000]])
    expect(Math.abs(integratedLoudness([pcm], 8000)! + 23)).toBeLessThan(0.3)
  })

  test('silence has none', () => {
    expect(integratedLoudness([new Int16Array(8000)], 8000)).toBeUndefined()
    expect(integratedLoudness([new Int16Array(0)], 8000)).toBeUndefined()
    expect(integratedLoudness([], 8000)).toBeUndefined()
    expect(integratedLoudness([sine(8000, [[-80, 2]])], 8000)).toBeUndefined()
  })

  test('a rate that is none is refused', () => {
    for (const rateHz of [0, -8000, Number.NaN, 3999, 1e9])
      expect(() => integratedLoudness([new Int16Array(9)], rateHz)).toThrow(RangeError)
  })
})

describe('levelling', () => {
  const targets = [-16, -23, -31]
  const levels = [-42, -35, -20, -9]
  const rates = [8000, 16_000, 48_000]

  test.each(targets)('tones and speech-like sounds come out at %i LUFS', (target) => {
    for (const rateHz of rates)
      for (const level of levels)
        for (const pcm of [babble(rateHz, 6, level), sine(rateHz, [[level, 0.2]])]) {
          const out = levelled(pcm, rateHz, target)
          const name = `${level} dBFS at ${rateHz} Hz`
          expect(Math.abs(integratedLoudness([out.pcm], rateHz)! - target), name).toBeLessThan(0.5)
          expect(out.lufs, name).toBeCloseTo(integratedLoudness([out.pcm], rateHz)!, 6)
          expect(out.pcm).toHaveLength(pcm.length)
          expect(peak(out.pcm), name).toBeLessThanOrEqual(29_205)
        }
  })

  test('silence stays as it is, and what is next to it is not made a roar', () => {
    const silence = new Int16Array(8000)
    expect(levelled(silence, 8000, -23)).toEqual({ pcm: silence, fromLufs: null, lufs: null })
    const faint = levelled(sine(8000, [[-60, 2]]), 8000, -23)
    expect(faint.lufs).toBeCloseTo(-33, 0)
  })

  test('a loud moment is turned down by a bend, not by a break', () => {
    const rateHz = 16_000
    const pcm = sine(rateHz, [[-30, 1], [-3, 0.05], [-30, 1]], 300) // biome-ignore format: parts
    const out = amplified(pcm, 12, rateHz)
    expect(peak(out)).toBeLessThanOrEqual(29_205)
    const loud = out.subarray(rateHz, rateHz + 800)
    expect(rmsDbfs(loud)).toBeGreaterThan(-5)
    // A sine of that peak moves by this from sample to sample at most; a gain that jumps by 12 dB would by far more.
    const mostStep = 29_204 * 2 * Math.sin((Math.PI * 300) / rateHz)
    for (let i = 1; i < out.length; i++)
      expect(Math.abs(out[i]! - out[i - 1]!)).toBeLessThanOrEqual(mostStep * 1.2)
    // What is before and long after keeps its gain.
    expect(rmsDbfs(out, 0, 15_000)).toBeCloseTo(-30 - 3.01 + 12, 1)
    expect(rmsDbfs(out, out.length - 4000)).toBeCloseTo(-30 - 3.01 + 12, 1)
  })

  test('the limiter lags by what it says, and does not mind the size of blocks', () => {
    const pcm = babble(8000, 2, -12)
    const whole = new Int16Array(pcm.length)
    new PeakLimiter(4, 20_000, 8000).process(pcm, 0, pcm.length, whole, 0)
    const inParts = new Int16Array(pcm.length)
    const limiter = new PeakLimiter(4, 20_000, 8000)
    for (let at = 0; at < pcm.length; at += 77)
      limiter.process(pcm, at, Math.min(77, pcm.length - at), inParts, at)
    expect(inParts).toEqual(whole)
    expect(peak(whole)).toBeLessThanOrEqual(20_000)
    const quiet = new PeakLimiter(2, 20_000, 8000)
    const out = new Int16Array(100)
    quiet.process(
      Int16Array.from({ length: 100 }, (_, i) => i),
      0,
      100,
      out,
      0,
    )
    expect(out[99]).toBe(2 * (99 - quiet.delaySamples))
  })
})
