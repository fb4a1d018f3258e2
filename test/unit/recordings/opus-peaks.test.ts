import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { PeakMaker, readPeaks } from '../../../recordings/index.ts'
import { FRAME, opusLab, RATE_HZ, voiceFrame } from './opus-lab.ts'

const silence = new Int16Array(FRAME)

test('of an Ogg Opus recording: who speaks on which side and when, as of a WAV', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'opus-peaks-'))
  const path = join(folder, 'one.opus')
  const lab = opusLab()
  const options = { path, channels: 2, rateHz: RATE_HZ } as const
  const recorder = lab.recorders.open(options)
  for (let n = 0; n < 200; n++) {
    const voice = voiceFrame(n, 0.1)
    recorder.write(n < 100 ? voice : silence, n < 100 ? silence : voice, FRAME)
    if (n % 10 === 9) lab.work()
  }
  await recorder.close()
  const bytes = await readFile(path)
  const maker = new PeakMaker()
  const to = join(folder, 'one.peaks')
  await maker.make(to, async () => ({ format: 'opus', bytes: pieces(bytes) }))
  const text = { format: 'opus', bytes: pieces(Buffer.from('this is no Ogg Opus at all')) } as const
  await expect(maker.make(join(folder, 'no.peaks'), async () => text)).rejects.toThrow()
  await maker.close()
  const { durationMs, channels } = await readPeaks(to, { buckets: 4 })
  await rm(folder, { recursive: true })
  expect(Math.abs(durationMs - 4_000)).toBeLessThan(100)
  expect(channels).toHaveLength(2)
  const isLoud = channels.map(({ max }) => max.map((value) => value > 0.1))
  expect(isLoud[0]?.slice(0, 2)).toEqual([true, true])
  expect(isLoud[0]?.[3]).toBe(false)
  expect(isLoud[1]?.[0]).toBe(false)
  expect(isLoud[1]?.slice(2, 4)).toEqual([true, true])
})

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1_001) yield bytes.subarray(at, at + 1_001)
}
