/** A media thread dies: its legs are built anew, and whoever has to do something about it is told. */
import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { CallId, ConferenceId, RecordingId } from '../../engine/core/ids.ts'
import { rmsDbfs } from '../../engine/dsp/levels.ts'
import type { RunningMedia, ThreadSettings } from '../../engine/media/index.ts'
import { bindUdp, closeUdp } from '../../engine/media/rtp/udp-socket.ts'
import { repairHeader } from '../../recordings/repair.ts'
import { likeness, noise, type PeerOptions, RtpPeer, sine } from './rtp-peer.ts'
import { callId, type Seen, startForTest } from './start.ts'

const first = 27_700
const half = first + 50
let media: RunningMedia
let seen: Seen
let folder: string
/** By their indexes, as they run now. */
const workers: Worker[] = []
const peers: RtpPeer[] = []
const calls: CallId[] = []

const newWorker = (settings: ThreadSettings): Worker => {
  const file = new URL('../../engine/media/worker.ts', import.meta.url)
  const worker = new Worker(file, { workerData: settings })
  workers[settings.index] = worker
  return worker
}
const kill = (thread: number): Promise<unknown> => workers[thread]!.terminate()

// A death too many in a minute is the end of all: each test has threads of its own.
beforeEach(async () => {
  const started = await startForTest(first, { portRestMs: 30_000, threads: 2, newWorker })
  media = started.media
  seen = started.seen
})
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringdown-death-'))
})
afterAll(() => rm(folder, { recursive: true }))
afterEach(async () => {
  await Promise.all(calls.splice(0).map((id) => media.close(id)))
  for (const peer of peers.splice(0)) peer.close()
  expect((await media.stats()).legs).toBe(0)
  await media.shutDown()
})

interface Call {
  readonly id: CallId
  readonly peer: RtpPeer
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
  media.watch(id)
  return { id, peer, thread: peer.remotePort < half ? 0 : 1 }
}

async function until(what: string, done: () => boolean | Promise<boolean>): Promise<void> {
  for (let n = 0; n < 500; n++) {
    if (await done()) return
    await sleep(20)
  }
  throw new Error(`in vain: ${what}`)
}
const bothUp = (): Promise<void> =>
  until('both threads are up', async () => (await media.stats()).threadsUp === 2)

/** Audio goes both ways. A machine that was busy elsewhere for a moment gets another try. */
async function expectTalk(a: Call, b: Call): Promise<void> {
  const [fromA, fromB] = [noise(1500, 1), noise(1500, 2)]
  let heard = [0, 0]
  for (let attempt = 0; attempt < 3 && Math.min(...heard) < 0.9; attempt++) {
    // What came while something was computed here still waits in the sockets.
    await sleep(50)
    for (const { peer } of [a, b]) peer.received.length = 0
    await Promise.all([a.peer.talk(fromA), b.peer.talk(fromB)])
    await sleep(150)
    heard = [likeness(fromA, b.peer.heard()), likeness(fromB, a.peer.heard())]
  }
  expect(Math.min(...heard)).toBeGreaterThan(0.9)
}

test('20 phones in bridges: those of the other thread lose nothing, the others are back by themselves', async () => {
  const pairs: [Call, Call][] = []
  for (let n = 0; n < 10; n++) {
    const a = await call()
    pairs.push([a, await call({}, a.id)])
  }
  await Promise.all(pairs.map(([a, b]) => media.bridge(a.id, b.id)))
  const all = pairs.flat()
  const dead = 1
  const others = all.filter(({ thread }) => thread !== dead)
  expect(others.length).toBe(10)
  const talking = Promise.all(all.map(({ peer }) => peer.talk(noise(6000, 5))))
  await sleep(500)
  await kill(dead)
  await sleep(50)
  for (const { peer } of all) peer.received.length = 0
  await talking
  await bothUp()
  for (const { peer } of others) {
    const { received } = peer
    expect(received.length).toBeGreaterThan(250)
    expect(new Set(received.map(({ ssrc }) => ssrc)).size).toBe(1)
    for (let i = 1; i < received.length; i++) {
      expect((received[i]!.sequence - received[i - 1]!.sequence) & 0xffff).toBe(1)
    }
  }
  // The peers have gone on sending to the same ports.
  for (const [a, b] of pairs.slice(0, 4)) await expectTalk(a, b)
  expect(seen.connections).toEqual([])
  expect(seen.lost).toEqual([])
  expect(await media.stats()).toMatchObject({ threadsUp: 2, threadDeaths: 1, legs: 20 })
})

test('what a phone hears begins again; a recording is told as cut, and its file can be mended', async () => {
  const a = await call()
  const path = join(folder, 'cut.wav')
  await media.startRecording(a.id, 'cut' as RecordingId, path, 'receivedLeft')
  const playing = media.play(a.id, { kind: 'tone', tone: 'hold' })
  await a.peer.talk(sine(800, 2500))
  await kill(a.thread)
  await bothUp()
  a.peer.received.length = 0
  await until('it hears the tune', () => a.peer.received.length > 40)
  expect(rmsDbfs(a.peer.heard())).toBeGreaterThan(-40)
  media.stop(a.id)
  expect(await playing).toBe('stopped')
  expect(seen.recordings).toMatchObject([
    { callId: a.id, outcome: { recordingId: 'cut', cut: true } },
  ])
  const file = await open(path, 'r+')
  const { durationMs } = await repairHeader(file)
  await file.close()
  expect(durationMs).toBeGreaterThan(900)
  expect((await readFile(path)).length).toBeGreaterThan(900 * 32)
})

test('a leg that lives in another thread than its port: whichever of the two dies', async () => {
  for (const which of ['port', 'leg'] as const) {
    const [a, b] = [await call(), await call()]
    expect(a.thread).not.toBe(b.thread)
    await media.bridge(a.id, b.id)
    await expectTalk(a, b)
    await kill(which === 'port' ? a.thread : b.thread)
    await bothUp()
    await sleep(100)
    await expectTalk(a, b)
    expect(seen.connections).toEqual([])
    await Promise.all([media.close(a.id), media.close(b.id)])
  }
})

test('members of a conference are back in it', async () => {
  const room = 'room' as ConferenceId
  const options = { talkers: 3, gainControl: false, noiseGate: false }
  const member = {
    ...{ muted: false, deaf: false, heardBy: null, gainInDb: 0, gainOutDb: 0, priority: false },
  }
  const [a, b] = [await call(), await call()]
  await media.openRoom(room, options)
  for (const { id } of [a, b]) await media.joinRoom(room, id, member)
  for (const thread of [0, 1]) {
    await kill(thread)
    await bothUp()
    await sleep(100)
    await expectTalk(a, b)
  }
  expect(await media.levels(room)).toHaveLength(2)
  await media.closeRoom(room)
})

describe('who has to be offered our new end is told', () => {
  test('where the old port is somebody else’s meanwhile; then all goes on', async () => {
    const [a, b] = [await call(), await call()]
    await media.bridge(a.id, b.id)
    const port = a.peer.remotePort
    const killed = kill(a.thread)
    let thief: Awaited<ReturnType<typeof bindUdp>> | undefined
    await until('the port is taken', async () => {
      thief = await bindUdp('127.0.0.1', port).catch(() => undefined)
      return thief !== undefined
    })
    await killed
    await until('it is told', () => seen.connections.length > 0)
    expect(seen.connections).toEqual([{ callId: a.id, state: 'broken' }])
    a.peer.aim(await media.offer(a.id))
    expect(a.peer.remotePort).not.toBe(port)
    await media.complete(a.id, a.peer.sdp())
    expect(seen.connections.slice(1)).toEqual([{ callId: a.id, state: 'up' }])
    await expectTalk(a, b)
    if (thief) await closeUdp(thief)
  })
})

test('one that dies again and again is not started for ever: all is lost, once', async () => {
  const doomed: Worker[] = []
  const started = await startForTest(29_000, {
    newWorker: (settings) => {
      const file = new URL('../../engine/media/worker.ts', import.meta.url)
      const worker = new Worker(file, { workerData: settings })
      doomed.push(worker)
      return worker
    },
  })
  const peer = await RtpPeer.open()
  peers.push(peer)
  const id = callId('unlucky')
  peer.aim(await started.media.answer(id, peer.sdp()))
  const sound = started.media.play(id, { kind: 'tone', tone: 'hold' })
  for (let n = 0; n < 5; n++) {
    await until('it is up', async () => (await started.media.stats()).threadsUp === 1)
    await doomed.at(-1)?.terminate()
  }
  expect(started.seen.lost).toHaveLength(1)
  expect(await sound).toBe('legClosed')
  expect(started.media.ready()).toBe(false)
  await expect(started.media.offer(callId('late'))).rejects.toMatchObject({ code: 'no_media_port' })
  await started.media.shutDown()
  expect(doomed).toHaveLength(5)
}, 30_000)
