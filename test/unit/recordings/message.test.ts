import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readWav, wavHeader } from '../../../engine/dsp/wav.ts'
import { RecordingPathFault, RecordingStorage } from '../../../recordings/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'ringdown-message-'))
afterAll(() => rmSync(folder, { recursive: true }))

const rateHz = 8_000
const tone = (at: number): number => Math.round(6_000 * Math.sin((2 * Math.PI * 440 * at) / rateHz))
const noise = (at: number): number => ((at * 7_919) % 21) - 10

/** A stereo file: silence, speech, silence on the left, something else on the right. */
async function recorded(silenceMs: number, speechMs: number, afterMs: number, isKept = true) {
  const storage = new RecordingStorage(join(folder, 'recordings'))
  const name = `m${Math.random().toString(36).slice(2)}`
  const path = isKept ? await storage.pathFor(name, 0) : await storage.scratchFor(name)
  const samples = ((silenceMs + speechMs + afterMs) * rateHz) / 1000
  const [from, until] = [(silenceMs * rateHz) / 1000, ((silenceMs + speechMs) * rateHz) / 1000]
  const stereo = new Int16Array(samples * 2)
  for (let at = 0; at < samples; at++) {
    stereo[at * 2] = at >= from && at < until ? tone(at) : noise(at)
    stereo[at * 2 + 1] = 12_345
  }
  const dataBytes = stereo.byteLength
  const header = wavHeader({ rateHz, channels: 2, format: 'pcm16', dataBytes })
  writeFileSync(path, Buffer.concat([header, Buffer.from(stereo.buffer)]))
  return { storage, path }
}

test('what was said is kept, in one channel, without the silence around it', async () => {
  const { storage, path } = await recorded(2_000, 1_500, 4_000)
  const message = await storage.finishMessage(path, true)
  const { channels, samples } = readWav(readFileSync(path))
  expect(channels).toBe(1)
  expect(message).toEqual({
    durationMs: (samples[0]!.length * 1000) / rateHz,
    bytes: readFileSync(path).length,
    beginsMs: expect.any(Number),
  })
  // Of the 2 s of silence before it.
  expect(message?.beginsMs).toBeGreaterThan(1_600)
  expect(message?.beginsMs).toBeLessThanOrEqual(2_000)
  // Speech, and 300 ms before and after it.
  expect(message?.durationMs).toBeGreaterThanOrEqual(2_000)
  expect(message?.durationMs).toBeLessThanOrEqual(2_300)
  expect(samples[0]).not.toContain(12_345)
  expect(Math.max(...samples[0]!)).toBe(6_000)
})

test('a greeting, which is sound that is not kept yet, is made one too; a file of elsewhere is not', async () => {
  const { storage, path } = await recorded(1_000, 1_500, 0, false)
  const { durationMs } = (await storage.finishMessage(path, true))!
  expect(durationMs).toBeLessThan(2_300)
  expect(readWav(readFileSync(path)).samples).toHaveLength(1)
  const silent = await recorded(1_000, 0, 0, false)
  expect(await silent.storage.finishMessage(silent.path, true)).toBeUndefined()
  expect(existsSync(silent.path)).toBe(false)
  const elsewhere = join(folder, 'elsewhere.wav')
  writeFileSync(elsewhere, readFileSync(path))
  await expect(storage.finishMessage(elsewhere, true)).rejects.toThrow(RecordingPathFault)
})

test('untrimmed it is as long as it was', async () => {
  const { storage, path } = await recorded(500, 700, 900)
  expect(await storage.finishMessage(path, false)).toMatchObject({ durationMs: 2_100 })
  const [left] = readWav(readFileSync(path)).samples
  expect(left?.subarray(4_800, 4_810)).toEqual(
    Int16Array.from({ length: 10 }, (_, i) => tone(4_800 + i)),
  )
})

test('what is said in a room is kept without the silence around it; where nothing is said, all of it', async () => {
  const spoken = await recorded(2_000, 1_500, 4_000)
  await spoken.storage.finishMessage(spoken.path, false)
  const cut = await spoken.storage.trimSilence(spoken.path)
  const [samples] = readWav(readFileSync(spoken.path)).samples
  expect(cut).toMatchObject({ durationMs: (samples!.length * 1000) / rateHz })
  expect(cut?.beginsMs).toBeGreaterThan(1_600)
  expect(cut?.durationMs).toBeLessThanOrEqual(2_300)
  const silent = await recorded(3_000, 0, 0)
  const before = readFileSync(silent.path)
  expect(await silent.storage.trimSilence(silent.path)).toBeUndefined()
  expect(readFileSync(silent.path).equals(before)).toBe(true)
})

test('with no word in it there is none, and no file', async () => {
  const { storage, path } = await recorded(3_000, 0, 0)
  expect(await storage.finishMessage(path, true)).toBeUndefined()
  expect(await storage.stat(path)).toBeUndefined()
})

test('an empty one, or one that is no recording', async () => {
  const { storage, path } = await recorded(0, 0, 0)
  expect(await storage.finishMessage(path, true)).toBeUndefined()
  const other = await storage.pathFor('other', 0)
  writeFileSync(other, 'no recording')
  await expect(storage.finishMessage(other, true)).rejects.toThrow('WAV')
  await expect(storage.finishMessage('/etc/passwd', true)).rejects.toThrow('not the path')
  expect(
    readdirSync(join(folder, 'recordings', '1970/01')).filter((name) => name.endsWith('.part')),
  ).toEqual([])
})
