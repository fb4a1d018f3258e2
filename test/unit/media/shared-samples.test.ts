import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { wavHeader } from '../../../engine/dsp/wav.ts'
import { type Samples, SharedSamples } from '../../../engine/media/leg/shared-samples.ts'
import { prepareSound } from '../../../engine/media/leg/sounds.ts'

const samples = (count: number): Samples => ({ rateHz: 8000, pcm: new Int16Array(count) })

/** Reads that end when the test says so. */
function slowReads() {
  const asked: { path: string; done: () => void; fail: (error: Error) => void }[] = []
  const shared = new SharedSamples((path) => {
    const { promise, resolve, reject } = Promise.withResolvers<Samples>()
    asked.push({ path, done: () => resolve(samples(160)), fail: reject })
    return promise
  })
  return { asked, shared }
}

test('legs that want one file at the same time wait for one reading, later ones for none', async () => {
  const { asked, shared } = slowReads()
  const both = [shared.load('a'), shared.load('a')]
  asked[0]!.done()
  const [first, second] = await Promise.all(both)
  expect(second).toBe(first)
  expect(await shared.load('a')).toBe(first)
  expect(asked.map(({ path }) => path)).toEqual(['a'])
})

test('another path is another file', async () => {
  const { asked, shared } = slowReads()
  const both = [shared.load('a'), shared.load('b')]
  for (const { done } of asked) done()
  const [a, b] = await Promise.all(both)
  expect(b).not.toBe(a)
})

test('a reading that fails is told to all who wait, and tried again by the next', async () => {
  const { asked, shared } = slowReads()
  const both = [shared.load('a'), shared.load('a')]
  asked[0]!.fail(new Error('no such file'))
  for (const { status } of await Promise.allSettled(both)) expect(status).toBe('rejected')
  const again = shared.load('a')
  asked[1]!.done()
  expect((await again).pcm).toHaveLength(160)
})

test('what nobody plays any more is let go, its path too', async () => {
  const shared = new SharedSamples(async () => samples(80_000))
  const kept = await shared.load('kept')
  for (let n = 0; n < 50; n++) await shared.load(`prompt ${n}`)
  expect(shared.size).toBe(51)
  for (let n = 0; n < 50 && shared.size > 1; n++) {
    await nextTurn()
    globalThis.gc?.()
  }
  expect(shared.size).toBe(1)
  expect(await shared.load('kept')).toBe(kept)
})

test('two sounds of one file are played from one reading, each from its own beginning', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ringdown-shared-'))
  const path = join(folder, 'prompt.wav')
  const body = new Uint8Array(Int16Array.from({ length: 320 }, (_, i) => i).buffer)
  const header = wavHeader({ rateHz: 8000, channels: 1, format: 'pcm16', dataBytes: body.length })
  await writeFile(path, Buffer.concat([header, body]))
  const first = await prepareSound({ kind: 'wav', path }, 8000)
  await rm(folder, { recursive: true })
  const frame = new Int16Array(160)
  first.next(frame)
  const second = await prepareSound({ kind: 'wav', path }, 8000)
  second.next(frame)
  expect(frame[1]).toBe(1)
  first.next(frame)
  expect(frame[1]).toBe(161)
})
