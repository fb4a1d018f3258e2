import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { wavHeader } from '../../../engine/dsp/wav.ts'
import { PeakMaker, readPeaks, UnreadableAudio } from '../../../recordings/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'peaks-'))
const maker = new PeakMaker()
afterAll(async () => {
  await maker.close()
  rmSync(folder, { recursive: true })
})

function stereo(frames: number, sample: (i: number) => readonly [number, number]): Buffer {
  const data = Buffer.alloc(frames * 4)
  for (let i = 0; i < frames; i++) {
    const [left, right] = sample(i)
    data.writeInt16LE(left, i * 4)
    data.writeInt16LE(right, i * 4 + 2)
  }
  const header = wavHeader({ rateHz: 8_000, channels: 2, format: 'pcm16', dataBytes: data.length })
  return Buffer.concat([header, data])
}

/** In pieces of an odd length, so that samples are cut in two. */
async function* pieces(bytes: Uint8Array, each = 4_097): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += each) yield bytes.subarray(at, at + each)
}

async function made(name: string, bytes: Uint8Array, each?: number): Promise<string> {
  const path = join(folder, 'below', `${name}.peaks`)
  await maker.make(path, async () => ({ format: 'wav', bytes: pieces(bytes, each) }))
  return path
}

test('each channel has the extremes of its own stretches, whatever the pieces were', async () => {
  const wav = stereo(8_000, (i) => [i < 4_000 ? 16_384 : 0, i >= 4_000 ? -8_192 : 0])
  for (const each of [7, 4_097]) {
    const peaks = await readPeaks(await made(`a${each}`, wav, each), { buckets: 2 })
    expect(peaks).toMatchObject({ rateHz: 8_000, durationMs: 1_000, fromMs: 0, bucketMs: 500 })
    const [left, right] = peaks.channels
    expect(left?.max[0]).toBeCloseTo(0.5, 1)
    expect(left?.max[1]).toBe(0)
    expect(right?.min[0]).toBe(0)
    expect(right?.min[1]).toBeCloseTo(-0.25, 1)
    expect([...(left?.min ?? []), ...(right?.max ?? [])].map(Math.abs)).toEqual([0, 0, 0, 0])
  }
})

test('a part is read at the resolution that is asked for, and one click is never lost', async () => {
  const at = 8_000 * 61 + 17
  const wav = stereo(8_000 * 120, (i) => [0, i === at ? 32_767 : 0])
  const path = await made('long', wav, 65_536)
  for (const buckets of [10, 100, 1_000, 4_000]) {
    const { channels, bucketMs, durationMs } = await readPeaks(path, { buckets })
    expect(durationMs).toBe(120_000)
    const loud = channels[1]?.max.flatMap((value, i) => (value > 0.9 ? [i] : []))
    expect(loud).toEqual([Math.floor(at / 8 / bucketMs)])
    expect(channels[0]?.max.length).toBeLessThanOrEqual(buckets)
  }
  const part = await readPeaks(path, { buckets: 100, fromMs: 60_500, toMs: 61_500 })
  expect(part).toMatchObject({ fromMs: 60_500, bucketMs: 20 })
  expect(part.channels[1]?.max).toHaveLength(50)
  expect(part.channels[1]?.max.findIndex((value) => value > 0.9)).toBe(25)
  const beyond = await readPeaks(path, { buckets: 100, fromMs: 500_000, toMs: 600_000 })
  expect(beyond.channels[0]?.max).toEqual([])
})

test('quiet speech is not drawn as silence', async () => {
  const path = await made(
    'quiet',
    stereo(8_000, (i) => [i % 2 === 0 ? 100 : -100, 0]),
  )
  const { channels } = await readPeaks(path, { buckets: 1 })
  expect(channels[0]?.max[0]).toBeCloseTo(100 / 32_768, 3)
})

test('what is no recording leaves no file, and the next one is made all the same', async () => {
  const failed = made('text', Buffer.from('hello, this is not a recording'))
  const next = made(
    'next',
    stereo(800, () => [1_000, 0]),
  )
  await expect(failed).rejects.toThrow(UnreadableAudio)
  expect(await readPeaks(await next, { buckets: 5 })).toMatchObject({ durationMs: 100 })
  const gone = maker.make(join(folder, 'gone.peaks'), async () => ({
    format: 'wav',
    bytes: (async function* () {
      yield stereo(800, () => [1, 1])
      throw new Error('the disk is gone')
    })(),
  }))
  await expect(gone).rejects.toThrow('the disk is gone')
  await made(
    'after',
    stereo(800, () => [1, 1]),
  )
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  expect(names.filter((name) => /gone|text|\.new/.test(name))).toEqual([])
  await expect(readPeaks(import.meta.filename, { buckets: 5 })).rejects.toThrow(
    'not a file of peaks',
  )
})

test('an empty recording has no stretches', async () => {
  const { channels, durationMs } = await readPeaks(
    await made(
      'empty',
      stereo(0, () => [0, 0]),
    ),
    {
      buckets: 10,
    },
  )
  expect([durationMs, channels[0]?.max]).toEqual([0, []])
})

test('a file of peaks that was cut short is no more than short', async () => {
  const path = await made(
    'cut',
    stereo(8_000, () => [5_000, 0]),
  )
  writeFileSync(path, readFileSync(path).subarray(0, 60))
  const { channels } = await readPeaks(path, { buckets: 50 })
  expect(channels[0]?.max).toHaveLength(7)
})
