import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { RecordingId } from '../../engine/core/ids.ts'
import { rmsDbfs } from '../../engine/dsp/levels.ts'
import { readWav } from '../../engine/dsp/wav.ts'
import type { RunningMedia } from '../../engine/media/index.ts'
import { toneMs } from '../support/tone-times.ts'
import { decodedOpus } from '../unit/recordings/opus-lab.ts'
import { expectTrue, latestMs, timed } from './asked.ts'
import { RtpPeer, sine } from './rtp-peer.ts'
import { callId, type Seen, startForTest } from './start.ts'

let media: RunningMedia
let seen: Seen
let folder: string

beforeAll(async () => {
  const started = await startForTest(28_200, { portRestMs: 0 })
  media = started.media
  seen = started.seen
  folder = await mkdtemp(join(tmpdir(), 'ringdown-recording-'))
})
afterAll(async () => {
  await media.shutDown()
  await rm(folder, { recursive: true })
})
afterEach(() => {
  seen.recordings.length = 0
})

const id = callId('recorded')
const start = (name: string, path = join(folder, `${name}.wav`)): Promise<void> =>
  media.startRecording(id, name as RecordingId, path, 'receivedLeft')

test('stop tells the outcome once, and the file is as long as the recording was', async () => {
  const peer = await RtpPeer.open()
  peer.aim(await media.answer(id, peer.sdp()))
  const begun = await timed(() => start('one'))
  void media.play(id, { kind: 'tone', tone: 'busy' })
  await peer.talk(sine(1000, 700))
  const ended = await timed(() => media.stopRecording(id))
  await media.stopRecording(id)
  await media.close(id)
  expect(seen.recordings).toHaveLength(1)
  const { outcome } = seen.recordings[0]!
  expect(outcome).toMatchObject({ recordingId: 'one', failure: null })
  expectTrue(outcome.durationMs, begun, ended, await latestMs(media))
  const file = await readFile(outcome.path)
  expect(file.length).toBe(outcome.bytes)
  const [left, right] = readWav(file).samples as [Int16Array, Int16Array]
  expect(rmsDbfs(left)).toBeGreaterThan(-20)
  expect(rmsDbfs(right)).toBeGreaterThan(-35)
  peer.close()
})

test('a second recording runs beside the first, and each is ended by its own name', async () => {
  await media.offer(id)
  await Promise.all([start('two'), start('three')])
  await sleep(100)
  await media.stopRecording(id, 'two' as RecordingId)
  expect(seen.recordings.map(({ outcome }) => outcome.recordingId)).toEqual(['two'])
  await sleep(100)
  await media.close(id)
  expect(seen.recordings.map(({ outcome }) => outcome.recordingId)).toEqual(['two', 'three'])
  const [two, three] = seen.recordings.map(({ outcome }) => outcome.durationMs)
  expect(three! - two!).toBeGreaterThanOrEqual(60)
})

test('Opus: what is masked is a tone, and the span is told', async () => {
  const path = join(folder, 'masked.opus')
  const peer = await RtpPeer.open()
  peer.aim(await media.answer(id, peer.sdp()))
  const name = 'opus' as RecordingId
  await media.startRecording(id, name, path, 'received', { format: 'opus', rateHz: 8000 })
  await peer.talk(sine(400, 600))
  await media.setRecording(id, name, 'toned')
  await peer.talk(sine(400, 600))
  await media.setRecording(id, name, 'running')
  await peer.talk(sine(400, 600))
  await media.close(id)
  const { outcome } = seen.recordings[0]!
  expect(outcome).toMatchObject({ recordingId: 'opus', failure: null })
  const [span] = outcome.spans ?? []
  expect(span?.kind).toBe('masked')
  expect(span!.endMs - span!.startMs).toBeGreaterThan(500)
  const [channel] = await decodedOpus(await readFile(path))
  const pcm = Int16Array.from(channel!, (sample) => sample * 32_767)
  const msOf = (hz: number, fromMs: number, toMs: number) =>
    toneMs(pcm.subarray(fromMs * 8, toMs * 8), hz)
  // Each was said for 600 ms; a busy machine has some of it concealed, with another phase afterwards.
  expect(msOf(400, 0, span!.startMs)).toBeGreaterThan(300)
  expect(msOf(400, span!.endMs, outcome.durationMs)).toBeGreaterThan(300)
  // The tone in its place is ours.
  const [fromMs, toMs] = [span!.startMs + 40, span!.endMs - 40]
  expect(msOf(1000, fromMs, toMs)).toBeGreaterThan(0.8 * (toMs - fromMs) - 50)
  expect(msOf(400, fromMs, toMs)).toBe(0)
  peer.close()
})

test('a file that can not be written is told at once, and the leg goes on', async () => {
  const taken = join(folder, 'taken.wav')
  await writeFile(taken, 'already here')
  const peer = await RtpPeer.open()
  peer.aim(await media.answer(id, peer.sdp()))
  await start('four', taken)
  await start('five', join(taken, 'below-a-file.wav'))
  await expect.poll(() => seen.recordings.length).toBe(2)
  expect(seen.recordings.map(({ outcome }) => [outcome.recordingId, outcome.failure])).toEqual([
    ['four', 'io_error'],
    ['five', 'io_error'],
  ])
  expect(await readFile(taken, 'utf8')).toBe('already here')
  const before = peer.received.length
  await expect.poll(() => peer.received.length).toBeGreaterThan(before + 2)
  await media.close(id)
  expect(seen.recordings).toHaveLength(2)
  peer.close()
})

test('shutting down completes what is being recorded', async () => {
  const own = await startForTest(28_300, { portRestMs: 0 })
  await own.media.offer(id)
  const path = join(folder, 'last.wav')
  await own.media.startRecording(id, 'six' as RecordingId, path, 'sentLeft')
  await sleep(150)
  await own.media.shutDown()
  expect(own.seen.recordings).toHaveLength(1)
  expect(own.seen.recordings[0]!.outcome.durationMs).toBeGreaterThan(80)
  expect(readWav(await readFile(path)).samples[0]!.length).toBeGreaterThan(640)
})
