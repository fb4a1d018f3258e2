import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { cacheKey, SpeechCache } from '../../../tts/cache.ts'
import { TwoRateFile } from '../../../tts/two-rates.ts'

let folder = ''
let nowMs = 0
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cache-'))
  nowMs = 0
})
afterEach(() => rm(folder, { recursive: true }))

function fileOf(samples: number): Uint8Array {
  const file = new TwoRateFile()
  file.write(new Int16Array(samples).fill(9))
  return file.wav()
}

/** 100 ms. */
const wav = fileOf(1600)
const open = (maxBytes: number) =>
  new SpeechCache({ folder, maxBytes, keepMs: 1000, monotonicMs: () => nowMs })
const key = (name: string) => cacheKey([name])

test('grows to its limit, then the least recently used goes', async () => {
  const cache = open(wav.length * 3)
  for (const name of ['a', 'b', 'c']) {
    await cache.put(key(name), wav)
    nowMs += 2000
  }
  expect(await cache.find(key('a'))).toMatchObject({ cached: true, durationMs: 100 })
  nowMs += 2000
  await cache.put(key('d'), wav)
  expect(await cache.find(key('b'))).toBeUndefined()
  expect(await cache.find(key('a'))).toBeDefined()
  expect(cache.bytes).toBe(wav.length * 3)
  expect(cache.entries).toBe(3)
})

test('what was handed out a moment ago stays, even beyond the limit', async () => {
  const cache = open(wav.length)
  const first = await cache.put(key('a'), wav)
  await cache.put(key('b'), wav)
  expect((await stat(first.path)).size).toBe(wav.length)
  nowMs += 2000
  await cache.put(key('c'), wav)
  expect(cache.entries).toBe(1)
  await expect(stat(first.path)).rejects.toThrow(/ENOENT/)
})

test('a folder larger than the limit is cut down when it is taken up', async () => {
  const before = open(1_000_000)
  for (const name of ['a', 'b', 'c', 'd']) await before.put(key(name), wav)
  const after = open(wav.length * 2)
  await after.find(key('x'))
  expect(after.entries).toBe(2)
  expect(after.bytes).toBe(wav.length * 2)
})

test('storing the same again is counted once', async () => {
  const cache = open(1_000_000)
  await cache.put(key('a'), wav)
  await cache.put(key('a'), wav)
  expect([cache.entries, cache.bytes]).toEqual([1, wav.length])
})

test('many who write the same at once do not disturb each other', async () => {
  const cache = open(1_000_000)
  const long = fileOf(160_000)
  const written = await Promise.all(Array.from({ length: 8 }, () => cache.put(key('a'), long)))
  expect(await readFile(written[0]!.path)).toEqual(Buffer.from(long))
  expect(await readdir(folder)).toEqual([`${key('a')}.wav`])
})

test('a file that was left unfinished goes when the folder is taken up', async () => {
  await writeFile(join(folder, `${key('a')}.wav.11111111-2222-4333-8444-555555555555.part`), 'x')
  await writeFile(join(folder, `${key('b')}.wav.4711.part`), 'x')
  await open(1_000_000).find(key('a'))
  expect(await readdir(folder)).toEqual([])
})

test.each([
  { a: ['x', 'y'], b: ['xy'] },
  { a: ['x', 'y'], b: ['y', 'x'] },
  { a: ['x","y'], b: ['x', 'y'] },
])('the parts $a and $b have different names', ({ a, b }) => {
  expect(cacheKey(a)).not.toBe(cacheKey(b))
})
