import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { wavHeader } from '../../../engine/dsp/wav.ts'
import { drawnPeaks } from '../../../recordings/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'peaks-'))

function stereo(name: string, frames: number, sample: (i: number) => [number, number]): string {
  const data = Buffer.alloc(frames * 4)
  for (let i = 0; i < frames; i++) {
    const [left, right] = sample(i)
    data.writeInt16LE(left, i * 4)
    data.writeInt16LE(right, i * 4 + 2)
  }
  const path = join(folder, name)
  const header = wavHeader({ rateHz: 8_000, channels: 2, format: 'pcm16', dataBytes: data.length })
  writeFileSync(path, Buffer.concat([header, data]))
  return path
}

test('each channel has the extremes of its own stretches', async () => {
  const path = stereo('a.wav', 8_000, (i) => [i < 4_000 ? 16_384 : 0, i >= 4_000 ? -8_192 : 0])
  expect(await drawnPeaks(path, 2)).toEqual({
    rateHz: 8_000,
    durationMs: 1_000,
    channels: [
      { min: [0, 0], max: [0.5, 0] },
      { min: [0, -0.25], max: [0, 0] },
    ],
  })
})

test('a file longer than one piece is seen to its last sample', async () => {
  const frames = 600_000
  const path = stereo('b.wav', frames, (i) => [i === frames - 1 ? 32_767 : 0, 0])
  const { channels } = await drawnPeaks(path, 100)
  expect(channels[0]?.max.at(-1)).toBeCloseTo(1, 3)
  expect(channels[0]?.max.slice(0, -1).every((value) => value === 0)).toBe(true)
})

test('an empty recording has no stretches, and what is no WAV is refused', async () => {
  expect(
    (
      await drawnPeaks(
        stereo('c.wav', 0, () => [0, 0]),
        10,
      )
    ).channels[0]?.max,
  ).toEqual([])
  const text = join(folder, 'text.wav')
  writeFileSync(text, 'hello')
  await expect(drawnPeaks(text, 10)).rejects.toThrow('not a WAV file')
})
