import { expect, test } from 'vitest'
import { SampleWriter } from '../../../engine/dsp/sample-ring.ts'
import { frameSamples, type PcmRateHz } from '../../../engine/media/leg/codec.ts'
import { Playback } from '../../../engine/media/leg/playback.ts'
import { prepareSound } from '../../../engine/media/leg/sounds.ts'

const ringHz = 16_000
const toneHz = 1_000

/** 20 ms of a tone, from the n-th frame of it on. */
const tone = (n: number, rateHz = ringHz) =>
  Int16Array.from({ length: rateHz / 50 }, (_, at) =>
    Math.round(8_000 * Math.sin((2 * Math.PI * toneHz * (n * (rateHz / 50) + at)) / rateHz)),
  )

/** Upward crossings of zero in a second: the pitch. */
function pitchOf(pcm: readonly number[], rateHz: number): number {
  let count = 0
  for (let i = 1; i < pcm.length; i++) if (pcm[i - 1]! < 0 && pcm[i]! >= 0) count += 1
  return (count * rateHz) / pcm.length
}

test.each<PcmRateHz>([8_000, 16_000, 48_000])('is heard as it is by a leg of %i Hz', async (hz) => {
  const ring = new SampleWriter(ringHz)
  const playback = new Playback(prepareSound)
  playback.tune(hz)
  const outcome = playback.play({ kind: 'live', ring: ring.shared })
  const frame = new Int16Array(frameSamples(hz))
  for (let n = 0; n < 3; n++) ring.write(tone(n))
  await Promise.resolve()
  const heard: number[] = []
  for (let n = 0; n < 100; n++) {
    ring.write(tone(n + 3))
    expect(playback.next(frame)).toBe(true)
    heard.push(...frame)
  }
  expect(pitchOf(heard.slice(hz / 50), hz)).toBeCloseTo(toneHz, -1)
  expect(Math.max(...heard)).toBeGreaterThan(7_500)
  ring.end()
  while (playback.next(frame));
  expect(await outcome).toBe('finished')
})

test('is silence as long as nothing comes, and stops when it is told to', async () => {
  const ring = new SampleWriter(ringHz)
  const playback = new Playback(prepareSound)
  const outcome = playback.play({ kind: 'live', ring: ring.shared })
  await Promise.resolve()
  const frame = new Int16Array(160).fill(7)
  expect(playback.next(frame)).toBe(true)
  expect(frame.every((sample) => sample === 0)).toBe(true)
  playback.end('stopped')
  expect(await outcome).toBe('stopped')
})

test('of another rate is refused', async () => {
  const ring = new SampleWriter(8_000)
  const playing = prepareSound({ kind: 'live', ring: ring.shared }, 8_000)
  await expect(playing).rejects.toThrow('16000 Hz')
})
