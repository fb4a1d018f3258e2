/** Legs of several media threads: where they are opened, and what is heard when they come together. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { CallId, ConferenceId, RecordingId } from '../../engine/core/ids.ts'
import { rmsDbfs } from '../../engine/dsp/levels.ts'
import { readWav } from '../../engine/dsp/wav.ts'
import type { RunningMedia } from '../../engine/media/index.ts'
import { expectTrue, latestMs, timed } from './asked.ts'
import { type PeerOptions, RtpPeer, sine } from './rtp-peer.ts'
import { callId, type Seen, startForTest } from './start.ts'
import { talkTogether } from './talk-together.ts'

const first = 28_600
let media: RunningMedia
let seen: Seen
let folder: string
const peers: RtpPeer[] = []
const calls: CallId[] = []

beforeAll(async () => {
  const started = await startForTest(first, { portRestMs: 0, threads: 2 })
  media = started.media
  seen = started.seen
  folder = await mkdtemp(join(tmpdir(), 'ringdown-threads-'))
})
afterAll(async () => {
  await media.shutDown()
  await rm(folder, { recursive: true })
})
afterEach(async () => {
  await Promise.all(calls.splice(0).map((id) => media.close(id)))
  for (const peer of peers.splice(0)) peer.close()
  expect((await media.stats()).legs).toBe(0)
})

interface Call {
  readonly id: CallId
  readonly peer: RtpPeer
  /** Which of the threads has its port. */
  readonly thread: number
}
let names = 0
async function call(options: PeerOptions = {}, near?: CallId): Promise<Call> {
  const peer = await RtpPeer.open(options)
  peers.push(peer)
  names += 1
  const id = callId(`call-${names}`)
  calls.push(id)
  peer.aim(await media.answer(id, peer.sdp(), near === undefined ? {} : { near }))
  return { id, peer, thread: peer.remotePort < first + 50 ? 0 : 1 }
}

/** The peer hears one stream: one sender, each packet once, no time lost. */
function expectOneStream({ received }: RtpPeer): void {
  expect(new Set(received.map(({ ssrc }) => ssrc)).size).toBe(1)
  for (let i = 1; i < received.length; i++) {
    const [before, now] = [received[i - 1]!, received[i]!]
    expect((now.sequence - before.sequence) & 0xffff).toBe(1)
    expect((now.timestamp - before.timestamp) | 0).toBeGreaterThan(0)
  }
}
const longestGapMs = ({ received }: RtpPeer): number =>
  Math.max(0, ...received.slice(1).map(({ atMs }, n) => atMs - received[n]!.atMs))

test('legs go to the thread with less to do, or to where their partner is; each has ports of its own', async () => {
  const [a, b] = [await call(), await call()]
  expect(new Set([a.thread, b.thread]).size).toBe(2)
  for (let n = 0; n < 4; n++) expect((await call({}, a.id)).thread).toBe(a.thread)
  expect((await call()).thread).toBe(b.thread)
  expect((await media.stats()).legs).toBe(7)
})

describe('two legs of two threads', () => {
  test.each([
    ['relayed', 'PCMU', 'PCMU', 0.98],
    ['transcoded', 'PCMU', 'PCMA', 0.98],
    ['Opus', 'opus', 'PCMU', 0.8],
  ] as const)('hear each other in a bridge (%s)', async (_name, codecA, codecB, least) => {
    const [a, b] = [await call({ codec: codecA }), await call({ codec: codecB })]
    expect(a.thread).not.toBe(b.thread)
    await sleep(100)
    await media.bridge(a.id, b.id)
    await sleep(200)
    expectOneStream(a.peer)
    expectOneStream(b.peer)
    // The bound is for a busy machine; `npm run bench -- recovery` tells what it takes.
    const mostMs = 200 + (await latestMs(media))
    for (const { peer } of [a, b]) expect(longestGapMs(peer)).toBeLessThan(mostMs)
    await talkTogether(a.peer, b.peer, least)
  })

  test('part, and meet others: back where the port is, and in a third thread’s place', async () => {
    const [a, b, c] = [await call(), await call(), await call()]
    await media.bridge(a.id, b.id)
    await media.bridge(b.id, c.id)
    await talkTogether(b.peer, c.peer)
    await media.bridge(a.id, c.id)
    await talkTogether(a.peer, c.peer)
    await media.bridge(a.id, b.id)
    await talkTogether(a.peer, b.peer)
  })

  test.each(['bridge', 'room'] as const)(
    'a phone of the other thread takes a leg over that is in a %s, and stays with its partner',
    async (where) => {
      const [a, b] = [await call(), await call()]
      const room = `taken-${where}` as ConferenceId
      if (where === 'bridge') await media.bridge(a.id, b.id)
      else {
        await media.openRoom(room, { talkers: 3, gainControl: false, noiseGate: false })
        const usual = { muted: false, deaf: false, heardBy: null, gainInDb: 0, gainOutDb: 0 }
        for (const { id } of [a, b]) await media.joinRoom(room, id, { ...usual, priority: false })
      }
      const c = await call()
      // So much that the other thread would rather keep what it has.
      for (let n = 0; n < 8; n++) await call({}, c.id)
      await media.adopt(a.id, c.id)
      await talkTogether(c.peer, b.peer)
      await media.closeRoom(room)
    },
  )

  test('keys, a new address, and the figures of a leg that has moved', async () => {
    const [a, b] = [await call(), await call()]
    await media.bridge(a.id, b.id)
    for (const { peer, id } of [a, b]) {
      seen.digits.length = 0
      await peer.press(7)
      await expect.poll(() => seen.digits.length).toBeGreaterThan(0)
      await sleep(200)
      expect(seen.digits).toMatchObject([{ callId: id, digit: '7' }])
    }
    for (const { id } of [a, b]) {
      const elsewhere = await RtpPeer.open()
      peers.push(elsewhere)
      const sdp = await media.answer(id, elsewhere.sdp())
      elsewhere.aim(sdp)
      await elsewhere.talk(sine(500, 300))
      await expect.poll(() => elsewhere.received.length).toBeGreaterThan(5)
    }
    for (const { id } of [a, b]) {
      await expect.poll(async () => (await media.figures(id)).packetsReceived).toBeGreaterThan(20)
      expect((await media.close(id)).packetsSent).toBeGreaterThan(20)
    }
  })

  test('what is played on a leg goes on when it moves into a room, and the room hears it', async () => {
    const room = 'room' as ConferenceId
    const options = { talkers: 3, gainControl: false, noiseGate: false }
    const member = {
      ...{ muted: false, deaf: false, heardBy: null, gainInDb: 0, gainOutDb: 0, priority: false },
    }
    const [a, b] = [await call(), await call()]
    await media.openRoom(room, options)
    const music = media.play(b.id, { kind: 'tone', tone: 'hold' })
    await Promise.all([media.joinRoom(room, a.id, member), media.joinRoom(room, b.id, member)])
    await sleep(300)
    expect(rmsDbfs(b.peer.heard().subarray(-800))).toBeGreaterThan(-40)
    media.stop(b.id)
    expect(await music).toBe('stopped')
    await talkTogether(a.peer, b.peer)
    await media.closeRoom(room)
  })

  test('a recording goes on in its file, whichever of the two moves', async () => {
    const [a, b] = [await call(), await call()]
    const begun = await timed(async () => {
      for (const { id } of [a, b]) {
        const recording = id as string as RecordingId
        await media.startRecording(id, recording, join(folder, id), 'receivedLeft')
      }
    })
    await Promise.all([a.peer.talk(sine(700, 600)), b.peer.talk(sine(700, 600))])
    await media.bridge(a.id, b.id)
    await Promise.all([a.peer.talk(sine(700, 600)), b.peer.talk(sine(700, 600))])
    const ended = await timed(async () => {
      for (const { id } of [a, b]) await media.stopRecording(id)
    })
    expect(seen.recordings).toHaveLength(2)
    const lateMs = await latestMs(media)
    for (const { outcome } of seen.recordings) {
      expect(outcome.failure).toBeNull()
      expectTrue(outcome.durationMs, begun, ended, lateMs)
      const file = await readFile(outcome.path)
      expect(file.length).toBe(outcome.bytes)
      const [left] = readWav(file).samples as [Int16Array]
      for (const at of [0.25, 0.75]) {
        expect(rmsDbfs(left, Math.trunc(left.length * at), 800)).toBeGreaterThan(-30)
      }
    }
  })
})
