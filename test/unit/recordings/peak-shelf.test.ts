import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { AccountId, RecordingId } from '../../../engine/core/ids.ts'
import type { RecordingRecord } from '../../../engine/core/ports/recordings.ts'
import { wavHeader } from '../../../engine/dsp/wav.ts'
import { PeakShelf, PeaksPending } from '../../../recordings/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'peak-shelf-'))
let opened = 0
let gate = Promise.resolve()
const shelf = new PeakShelf({
  folder,
  async open() {
    opened++
    await gate
    return { stream: sound() }
  },
})
afterAll(async () => {
  await shelf.close()
  rmSync(folder, { recursive: true })
})

async function* sound(): AsyncGenerator<Uint8Array> {
  yield wavHeader({ rateHz: 8_000, channels: 1, format: 'pcm16', dataBytes: 16_000 })
  yield new Uint8Array(16_000).fill(16)
}

const recordingOf = (id: string): RecordingRecord => ({
  ...{ id: id as RecordingId, accountId: 'a' as AccountId, callId: null, status: 'completed' },
  ...{ failure: null, path: 'x', channels: 1, durationMs: 1_000, bytes: 16_044, createdAtMs: 0 },
})
const fileOf = (id: string) => join(folder, id.slice(0, 2), `${id}.peaks`)
const wanted = { buckets: 10 }

test('made when the recording is kept, once; read without its audio; removed with it', async () => {
  const recording = recordingOf('11111111-2222-4333-8444-555555555555')
  opened = 0
  await Promise.all([shelf.make(recording), shelf.make(recording)])
  const peaks = await shelf.read(recording, wanted, 0)
  expect([peaks.durationMs, peaks.channels[0]?.max.length, opened]).toEqual([1_000, 10, 1])
  await shelf.remove(recording.id)
  expect(existsSync(fileOf(recording.id))).toBe(false)
  await shelf.remove(recording.id)
})

test('of an old recording they are made when they are asked for, and again when the file is bad', async () => {
  const recording = recordingOf('22222222-2222-4333-8444-555555555555')
  opened = 0
  await shelf.read(recording, wanted, 10_000)
  await shelf.read(recording, wanted, 0)
  expect(opened).toBe(1)
  writeFileSync(fileOf(recording.id), 'damaged, and longer than a head of such a file is')
  expect((await shelf.read(recording, wanted, 10_000)).durationMs).toBe(1_000)
  expect(opened).toBe(2)
})

test('whoever has waited long enough is told that they are being made; removed meanwhile they are not left', async () => {
  const recording = recordingOf('33333333-2222-4333-8444-555555555555')
  const held = Promise.withResolvers<void>()
  gate = held.promise
  await expect(shelf.read(recording, wanted, 1)).rejects.toThrow(PeaksPending)
  const removed = shelf.remove(recording.id)
  held.resolve()
  await removed
  expect(existsSync(fileOf(recording.id))).toBe(false)
})
