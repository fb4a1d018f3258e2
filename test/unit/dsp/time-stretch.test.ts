import { describe, expect, test } from 'vitest'
import { rmsDbfs } from '../../../engine/dsp/levels.ts'
import { TimeStretch } from '../../../engine/dsp/time-stretch.ts'
import { seeded } from './packet-trace.ts'

const rates = [8000, 16_000, 48_000] as const

/** 20 ms of a voice of 125 Hz, with room behind it. */
function voice(rateHz: number, hz = 125): Int16Array {
  const pcm = new Int16Array((rateHz * 35) / 1000)
  for (let i = 0; i < rateHz / 50; i++) {
    let sum = 0
    for (let k = 1; k < 10; k++) sum += Math.sin((2 * Math.PI * k * hz * i) / rateHz) / k
    pcm[i] = 5000 * sum
  }
  return pcm
}

const greatestStep = (pcm: Int16Array, to: number) => {
  let most = 0
  for (let i = 1; i < to; i++) most = Math.max(most, Math.abs(pcm[i]! - pcm[i - 1]!))
  return most
}

describe.each(rates)('at %d Hz', (rateHz) => {
  const frame = rateHz / 50
  const ms = rateHz / 1000
  const stretch = () => new TimeStretch(rateHz)

  test.each([80, 125, 220])(
    'a voice of %d Hz is shortened and lengthened by whole periods',
    (hz) => {
      const whole = voice(rateHz, hz)
      const step = greatestStep(whole, frame)
      const shorter = whole.slice()
      const removed = stretch().shorten(shorter, frame, 20 * ms, false)
      expect(removed).toBeGreaterThan(0)
      const periods = (removed * hz) / rateHz
      expect(Math.abs(periods - Math.round(periods))).toBeLessThan(0.1)
      expect(greatestStep(shorter, frame - removed)).toBeLessThanOrEqual(step * 1.2 + 300)
      // The end is what it was: it goes on into the next frame.
      expect(Math.abs(shorter[frame - removed - 1]! - whole[frame - 1]!)).toBeLessThanOrEqual(1)
      const longer = whole.slice()
      const added = stretch().lengthen(longer, frame, false)
      expect(added).toBe(removed)
      expect(greatestStep(longer, frame + added)).toBeLessThanOrEqual(step * 1.2 + 300)
      expect(Math.abs(longer[frame + added - 1]! - whole[frame - 1]!)).toBeLessThanOrEqual(1)
      expect(longer.subarray(0, added)).toEqual(whole.subarray(0, added))
      expect(rmsDbfs(longer, 0, frame + added)).toBeCloseTo(rmsDbfs(whole, 0, frame), 0)
    },
  )

  test('no more is taken than is asked for', () => {
    const pcm = voice(rateHz)
    expect(stretch().shorten(pcm.slice(), frame, 7 * ms, false)).toBeLessThanOrEqual(7 * ms)
    expect(stretch().shorten(pcm.slice(), frame, 2 * ms, false)).toBe(0)
  })

  test('noise is refused at first, taken in time, and at once in a hurry or where it is quiet', () => {
    const random = seeded(5)
    const noise = Int16Array.from({ length: 35 * ms }, () => 8000 * (random() - 0.5))
    const patient = stretch()
    let refused = 0
    while (refused < 60 && patient.shorten(noise.slice(), frame, 20 * ms, false) === 0) refused += 1
    expect(refused).toBeGreaterThan(5)
    expect(refused).toBeLessThan(60)
    const quiet = noise.map((sample) => sample / 100)
    expect(stretch().shorten(quiet, frame, 20 * ms, false)).toBeGreaterThan(0)
  })

  test('in a hurry several periods go at once', () => {
    const once = stretch().shorten(voice(rateHz, 250), frame, 15 * ms, false)
    const atOnce = stretch().shorten(voice(rateHz, 250), frame, 15 * ms, true)
    expect(atOnce).toBeGreaterThanOrEqual(once)
    expect(atOnce).toBeGreaterThanOrEqual(11 * ms)
  })

  test('what is shorter than two periods is left alone', () => {
    const pcm = voice(rateHz)
    const before = pcm.slice()
    expect(stretch().shorten(pcm, 6 * ms, 20 * ms, true)).toBe(0)
    expect(stretch().lengthen(pcm, 6 * ms, true)).toBe(0)
    expect(pcm).toEqual(before)
  })
})
