/** Opus over real sockets and the real media thread: with a PCMU phone, with another of Opus, recorded. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RecordingId } from '../../engine/core/ids.ts'
import { toneDbfs } from '../../engine/dsp/goertzel.ts'
import { readWav } from '../../engine/dsp/wav.ts'
import type { RunningMedia } from '../../engine/media/index.ts'
import { noise, type PeerCodec, RtpPeer, sine } from './rtp-peer.ts'
import { callId, type Seen, startForTest } from './start.ts'

let media: RunningMedia
let seen: Seen
let folder: string

beforeAll(async () => {
  const started = await startForTest(27_900, { portRestMs: 0 })
  media = started.media
  seen = started.seen
  folder = await mkdtemp(join(tmpdir(), 'ringdown-opus-'))
})
afterAll(async () => {
  await media.shutDown()
  await rm(folder, { recursive: true })
})

async function call(name: string, codec: PeerCodec) {
  const peer = await RtpPeer.open({ codec })
  const id = callId(name)
  peer.aim(await media.answer(id, peer.sdp()))
  return { id, peer }
}

/** Level of a tone in 600 ms near the end, as a busy machine may begin late. */
const levelOf = (pcm: Int16Array, hz: number): number =>
  toneDbfs(pcm, hz, 8000, pcm.length - 6400, 4800)

test('Opus and PCMU hear each other, and the recording has both', async () => {
  const [opus, pcmu] = [await call('opus', 'opus'), await call('pcmu', 'PCMU')]
  expect(media.agreedOn(opus.id)?.codec).toBe('opus')
  await media.bridge(opus.id, pcmu.id)
  const path = join(folder, 'both.wav')
  await media.startRecording(opus.id, 'r' as RecordingId, path, 'receivedLeft')
  await Promise.all([opus.peer.talk(sine(500, 1500)), pcmu.peer.talk(sine(900, 1500))])
  await media.stopRecording(opus.id)
  // It was said at -12.2; a frame or two may have been concealed.
  expect(levelOf(pcmu.peer.heard(), 500)).toBeGreaterThan(-15)
  expect(levelOf(opus.peer.heard(), 900)).toBeGreaterThan(-15)
  const { samples } = readWav(await readFile(path))
  expect(toneDbfs(samples[0]!, 500, 8000, 4000, 4000)).toBeGreaterThan(-15)
  expect(toneDbfs(samples[1]!, 900, 8000, 4000, 4000)).toBeGreaterThan(-15)
  await pcmu.peer.press(4)
  await expect.poll(() => seen.digits.length).toBeGreaterThan(0)
  await sleep(100)
  expect(seen.digits.map(({ digit }) => digit)).toEqual(['4'])
  expect(await media.close(opus.id)).toMatchObject({ codec: 'opus', packetsFromStrangers: 0 })
  await media.close(pcmu.id)
  for (const { peer } of [opus, pcmu]) peer.close()
})

test('Opus to Opus is passed on as it is', async () => {
  const [a, b] = [await call('a', 'opus'), await call('b', 'opus')]
  await media.bridge(a.id, b.id)
  const before = b.peer.received.length
  await a.peer.talk(noise(600))
  const sent = a.peer.sentPayloads.map((payload) => Buffer.from(payload).toString('hex'))
  const passedOn = (): number =>
    b.peer.received
      .slice(before)
      .filter(({ payload }) => sent.includes(Buffer.from(payload).toString('hex'))).length
  await expect.poll(passedOn).toBeGreaterThanOrEqual(29)
  for (const { id, peer } of [a, b]) {
    await media.close(id)
    peer.close()
  }
})
