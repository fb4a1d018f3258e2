import { describe, expect, test } from 'vitest'
import { Concealer } from '../../../engine/dsp/conceal.ts'
import { rmsDbfs } from '../../../engine/dsp/levels.ts'
import { seeded } from './packet-trace.ts'

const FRAME = 160

const sine = (hz: number, samples: number, amplitude = 8000) =>
  Int16Array.from(
    { length: samples },
    (_, i) => amplitude * Math.sin((2 * Math.PI * hz * i) / 8000),
  )

/** Like speech: a gliding pitch with formants, syllables, pauses, and some hiss. */
function speechLike(seconds: number, seed: number): Int16Array {
  const random = seeded(seed)
  let phase = 0
  return Int16Array.from({ length: seconds * 8000 }, (_, i) => {
    const t = i / 8000
    phase += (2 * Math.PI * (120 + 30 * Math.sin(2 * Math.PI * 0.7 * t))) / 8000
    const syllable = Math.max(0, Math.sin(2 * Math.PI * 2.5 * t)) ** 0.5
    let voice = 0
    for (let k = 1; k <= 12; k++) voice += Math.sin(k * phase) / (1 + ((k - 5) / 2) ** 2)
    return Math.round(3000 * syllable * voice + 120 * (random() - 0.5))
  })
}

/** Passes a signal through a concealer, losing the frames that `lost` names. */
function lossy(pcm: Int16Array, lost: (frame: number) => boolean): Int16Array {
  const concealer = new Concealer()
  const out = pcm.map((sample, i) => (lost(Math.floor(i / FRAME)) ? 0 : sample))
  for (let frame = 0; frame * FRAME < pcm.length; frame++) {
    if (lost(frame)) concealer.conceal(out, frame * FRAME, FRAME)
    else concealer.good(out, frame * FRAME, FRAME)
  }
  return out
}

const greatestStep = (pcm: Int16Array, from: number, to: number) => {
  let most = 0
  for (let i = from; i < to; i++) most = Math.max(most, Math.abs(pcm[i]! - pcm[i - 1]!))
  return most
}

describe('a steady tone', () => {
  test.each([100, 150, 200, 400, 800])('%d Hz goes on through a lost frame', (hz) => {
    const pcm = sine(hz, 20 * FRAME)
    const out = lossy(pcm, (frame) => frame === 10)
    expect(rmsDbfs(out, 10 * FRAME, 80)).toBeCloseTo(rmsDbfs(pcm), 0)
    const natural = greatestStep(pcm, 1, pcm.length)
    expect(greatestStep(out, 10 * FRAME, 12 * FRAME)).toBeLessThanOrEqual(natural * 2 + 330)
  })

  test('is untouched where nothing is lost', () => {
    const pcm = sine(150, 20 * FRAME)
    expect(lossy(pcm, () => false)).toEqual(pcm)
  })

  test('after the gap only the first 10 ms are changed', () => {
    const pcm = sine(170, 20 * FRAME)
    const out = lossy(pcm, (frame) => frame >= 8 && frame < 11)
    expect(out.subarray(11 * FRAME + 80)).toEqual(pcm.subarray(11 * FRAME + 80))
  })
})

describe('fading', () => {
  test('is full for 10 ms and silent from 60 ms on', () => {
    const out = lossy(sine(200, 20 * FRAME), (frame) => frame >= 10)
    const at = (ms: number) => rmsDbfs(out, 10 * FRAME + ms * 8, 40)
    expect(at(4)).toBeGreaterThan(-16.5)
    expect(at(35)).toBeLessThan(at(4) - 3)
    expect(at(55)).toBeLessThan(at(4) - 15)
    expect(out.subarray(10 * FRAME + 480).every((sample) => sample === 0)).toBe(true)
  })

  test('speech that comes back after silence begins without a click', () => {
    const pcm = sine(200, 20 * FRAME)
    const out = lossy(pcm, (frame) => frame >= 5 && frame < 12)
    // -40 dBFS beyond the steepest step of the tone itself.
    const natural = greatestStep(pcm, 1, pcm.length)
    expect(greatestStep(out, 12 * FRAME, 13 * FRAME)).toBeLessThanOrEqual(natural + 330)
  })
})

/** How near the filled frames come to what was lost: the measures of the SpanDSP comparison. */
function quality(pcm: Int16Array, out: Int16Array, lost: readonly boolean[]) {
  const errors: number[] = []
  const ratios: number[] = []
  const difference = pcm.map((sample, i) => sample - out[i]!)
  lost.forEach((isLost, frame) => {
    const level = rmsDbfs(pcm, frame * FRAME, FRAME)
    if (!isLost || level < -45) return
    errors.push(Math.abs(level - rmsDbfs(out, frame * FRAME, FRAME)))
    ratios.push(Math.max(-10, Math.min(35, level - rmsDbfs(difference, frame * FRAME, FRAME))))
  })
  const mean = (row: number[]) => row.reduce((sum, value) => sum + value, 0) / row.length
  return { frames: errors.length, levelErrorDb: mean(errors), segmentalSnrDb: mean(ratios) }
}

describe('a speech-like signal', () => {
  // SpanDSP on real prompts: level error 4.4-4.9 dB as plain repetition, segmental SNR 3 dB above it.
  test.each([5, 10])('%d percent loss: level as by repetition, waveform 3 dB nearer', (percent) => {
    const pcm = speechLike(60, 11)
    const random = seeded(percent)
    const frames = pcm.length / FRAME
    const lost = Array.from({ length: frames }, (_, i) => random() * 100 < percent && i > 5)
    const repeated = pcm.slice()
    lost.forEach((isLost, frame) => {
      if (isLost) repeated.copyWithin(frame * FRAME, (frame - 1) * FRAME, frame * FRAME)
    })
    const filled = quality(
      pcm,
      lossy(pcm, (frame) => lost[frame]!),
      lost,
    )
    const plain = quality(pcm, repeated, lost)
    expect(filled.frames).toBeGreaterThan(50)
    expect(filled.levelErrorDb).toBeLessThanOrEqual(plain.levelErrorDb + 0.1)
    expect(filled.segmentalSnrDb).toBeGreaterThanOrEqual(plain.segmentalSnrDb + 3)
    expect(filled.segmentalSnrDb).toBeGreaterThanOrEqual(-0.2)
  })
})

describe('at 16 kHz', () => {
  const wide = 2 * FRAME
  const at16 = (pcm: Int16Array, lost: (frame: number) => boolean) => {
    const concealer = new Concealer(16_000)
    const out = pcm.map((sample, i) => (lost(Math.floor(i / wide)) ? 0 : sample))
    for (let frame = 0; frame * wide < pcm.length; frame++) {
      if (lost(frame)) concealer.conceal(out, frame * wide, wide)
      else concealer.good(out, frame * wide, wide)
    }
    return out
  }

  // `sine` thinks of 8 kHz: half the frequency there is this frequency here.
  test.each([100, 187, 433, 3000, 6000])('%d Hz goes on through a lost frame', (hz) => {
    const pcm = sine(hz / 2, 20 * wide)
    const out = at16(pcm, (frame) => frame === 10)
    expect(rmsDbfs(out, 10 * wide, 160)).toBeCloseTo(rmsDbfs(pcm), 0)
    const natural = greatestStep(pcm, 1, pcm.length)
    expect(greatestStep(out, 10 * wide, 12 * wide)).toBeLessThanOrEqual(natural * 2 + 330)
    expect(out.subarray(11 * wide + 160)).toEqual(pcm.subarray(11 * wide + 160))
  })

  test('is full for 10 ms and silent from 60 ms on', () => {
    const out = at16(sine(100, 20 * wide), (frame) => frame >= 10)
    const at = (ms: number) => rmsDbfs(out, 10 * wide + ms * 16, 80)
    expect(at(4)).toBeGreaterThan(-16.5)
    expect(at(35)).toBeLessThan(at(4) - 3)
    expect(at(55)).toBeLessThan(at(4) - 15)
    expect(out.subarray(10 * wide + 960).every((sample) => sample === 0)).toBe(true)
  })
})

describe('odd cases', () => {
  test('nothing heard yet: silence', () => {
    const pcm = new Int16Array(FRAME).fill(99)
    new Concealer().conceal(pcm, 0, FRAME)
    expect(pcm.every((sample) => sample === 0)).toBe(true)
  })

  test('full-scale noise does not wrap, frames of any size and offset', () => {
    const random = seeded(3)
    const concealer = new Concealer()
    const pcm = new Int16Array(2000)
    for (const [offset, samples] of [
      [0, 80],
      [3, 160],
      [10, 480],
      [0, 1],
      [0, 2000],
    ] as const) {
      for (let i = 0; i < samples; i++) pcm[offset + i] = random() < 0.5 ? -32768 : 32767
      concealer.good(pcm, offset, samples)
      concealer.conceal(pcm, offset, samples)
    }
    expect(pcm.length).toBe(2000)
  })

  test('reset forgets the past', () => {
    const concealer = new Concealer()
    concealer.good(sine(200, FRAME), 0, FRAME)
    concealer.reset()
    const pcm = new Int16Array(FRAME).fill(5)
    concealer.conceal(pcm, 0, FRAME)
    expect(pcm.every((sample) => sample === 0)).toBe(true)
  })
})
