import { describe, expect, test } from 'vitest'
import { ComfortNoise } from '../../../engine/dsp/comfort-noise.ts'
import { rmsDbfs } from '../../../engine/dsp/levels.ts'

/** Two seconds after what was told, when its level has settled. */
function heard(noise: ComfortNoise, rateHz = 8000): Int16Array {
  const pcm = new Int16Array(2 * rateHz)
  noise.add(pcm, pcm.length)
  return pcm.subarray(rateHz)
}

/** Correlation of each sample with the one before it. */
function likeBefore(pcm: Int16Array): number {
  let dot = 0
  let energy = 0
  for (let i = 1; i < pcm.length; i++) {
    dot += pcm[i]! * pcm[i - 1]!
    energy += pcm[i]! ** 2
  }
  return dot / energy
}

describe('comfort noise', () => {
  test('is at -60 dBm0 until something is told, at any rate', () => {
    for (const rateHz of [8000, 16_000, 48_000]) {
      expect(rmsDbfs(heard(new ComfortNoise(rateHz), rateHz))).toBeCloseTo(-66.2, 0)
    }
  })

  test.each([40, 50, 60, 70])('is %d dB below full scale when that was told', (level) => {
    const noise = new ComfortNoise(8000)
    noise.take(Uint8Array.of(0, level), 1, 1)
    expect(rmsDbfs(heard(noise))).toBeCloseTo(-level, 0)
  })

  test('is never loud, whatever is told, and forgets it', () => {
    const noise = new ComfortNoise(8000)
    noise.take(Uint8Array.of(0), 0, 1)
    expect(rmsDbfs(heard(noise))).toBeCloseTo(-30, 0)
    noise.take(new Uint8Array(0), 0, 0)
    expect(rmsDbfs(heard(noise))).toBeCloseTo(-30, 0)
    noise.reset()
    expect(rmsDbfs(heard(noise))).toBeCloseTo(-66.2, 0)
  })

  test('has the spectrum that was told, and its level still', () => {
    const noise = new ComfortNoise(8000)
    noise.take(Uint8Array.of(45), 0, 1)
    expect(Math.abs(likeBefore(heard(noise)))).toBeLessThan(0.05)
    // A first coefficient of -0.7: mostly low.
    noise.take(Uint8Array.of(45, 127 - 89), 0, 2)
    const dark = heard(noise)
    expect(likeBefore(dark)).toBeCloseTo(0.7, 1)
    expect(Math.abs(rmsDbfs(dark) + 45)).toBeLessThan(1)
    noise.take(Uint8Array.of(45, 127 + 89, 127, 130, 120), 0, 5)
    expect(likeBefore(heard(noise))).toBeLessThan(-0.5)
  })

  test('stays finite for any coefficients', () => {
    const noise = new ComfortNoise(8000)
    for (const byte of [0, 255]) {
      noise.take(Uint8Array.of(30, ...Array<number>(20).fill(byte)), 0, 21)
      expect(rmsDbfs(heard(noise))).toBeLessThan(-20)
    }
  })

  test('is added to what is there, and does not wrap', () => {
    const pcm = new Int16Array(160).fill(32_767)
    const noise = new ComfortNoise(8000)
    noise.take(Uint8Array.of(30), 0, 1)
    noise.add(pcm, 160)
    expect(pcm.every((sample) => sample > 28_000)).toBe(true)
  })
})
