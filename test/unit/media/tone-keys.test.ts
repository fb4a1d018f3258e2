import { expect, test } from 'vitest'
import { ToneGenerator } from '../../../engine/dsp/tone-generator.ts'
import { dtmfTone } from '../../../engine/dsp/tones.ts'
import { ToneKeys } from '../../../engine/media/leg/tone-keys.ts'

/** A hum, and over it keys. */
function sound(rateHz: number, keys: string): Int16Array {
  const pcm = new Int16Array((rateHz / 50) * 150)
  new ToneGenerator(dtmfTone(keys, 80, 120), rateHz).next(
    pcm,
    rateHz / 4 + 37,
    pcm.length - rateHz / 2,
  )
  return pcm.map((sample, i) => sample + 300 * Math.sin((2 * Math.PI * 300 * i) / rateHz))
}

/** For how long something is loud: from where samples are until they have not been for 5 ms; in ms. */
function loudMs(pcm: Int16Array, rateHz: number): number[] {
  const stretches: { from: number; to: number }[] = []
  pcm.forEach((sample, at) => {
    if (Math.abs(sample) < 1500) return
    const last = stretches.at(-1)
    if (last && at - last.to < rateHz / 200) last.to = at
    else stretches.push({ from: at, to: at })
  })
  return stretches.map(({ from, to }) => (1000 * (to - from)) / rateHz)
}

test.each([8000, 16_000, 48_000] as const)('keys at %i Hz are told, and cut', (rateHz) => {
  const told: [string, number][] = []
  const keys = new ToneKeys((...what) => told.push(what))
  keys.tune(rateHz)
  const heard = sound(rateHz, '159D')
  expect(loudMs(heard, rateHz)).toHaveLength(4)
  const frame = rateHz / 50
  for (let at = 0; at < heard.length; at += frame) keys.hear(heard.subarray(at, at + frame))
  expect(told.map(([digit]) => digit)).toEqual(['1', '5', '9', 'D'])
  for (const [, durationMs] of told) expect(Math.abs(durationMs - 80)).toBeLessThanOrEqual(10)
  for (const ms of loudMs(heard, rateHz)) expect(ms).toBeLessThanOrEqual(rateHz === 8000 ? 14 : 17)
})

test('sound without keys stays as it is', () => {
  const keys = new ToneKeys(() => expect.unreachable('there is no key'))
  const pcm = Int16Array.from({ length: 160 }, (_, i) => 9000 * Math.sin(i / 3))
  for (let n = 0; n < 50; n++) {
    const heard = pcm.slice()
    keys.hear(heard)
    expect(heard).toEqual(pcm)
  }
})
