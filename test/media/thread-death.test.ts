/** A media thread dies: its legs are built anew, and whoever has to do something about it is told. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { CallId, ConferenceId, RecordingId } from '../../engine/core/ids.ts'
import type { RecordFile, RecordLayout, RecordOutcome } from '../../engine/core/ports/media.ts'
import type { RecordingSpan } from '../../engine/core/ports/recordings.ts'
import { rmsDbfs } from '../../engine/dsp/levels.ts'
import { readWav } from '../../engine/dsp/wav.ts'
import type { RunningMedia, ThreadSettings } from '../../engine/media/index.ts'
import { bindUdp, closeUdp } from '../../engine/media/rtp/udp-socket.ts'
import { toneMs } from '../support/tone-times.ts'
import { decodedOpus } from '../unit/recordings/opus-lab.ts'
import { type Asked, expectTrue, latestMs, timed } from './asked.ts'
import { noise, type PeerOptions, RtpPeer, sine } from './rtp-peer.ts'
import { callId, type Seen, startForTest } from './start.ts'
import { talkTogether } from './talk-together.ts'

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

const expectTalk = (a: Call, b: Call): Promise<void> => talkTogether(a.peer, b.peer, 0.9)

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

test('what a phone hears begins again', async () => {
  const a = await call()
  const playing = media.play(a.id, { kind: 'tone', tone: 'hold' })
  await a.peer.talk(sine(800, 300))
  await kill(a.thread)
  await bothUp()
  await a.peer.forget()
  await until('it hears the tune', () => a.peer.received.length > 40)
  expect(rmsDbfs(a.peer.heard())).toBeGreaterThan(-40)
  media.stop(a.id)
  expect(await playing).toBe('stopped')
})

const recordingId = (name: string): RecordingId => name as RecordingId
const aHz = 700
const bHz = 1300

/** How much of the tone is there before and after what was lost, in ms; and what of any sound within that, in dBFS. */
function around(pcm: Int16Array, hz: number, { startMs, endMs }: RecordingSpan) {
  const [from, to] = [startMs * 8, endMs * 8]
  return {
    beforeMs: toneMs(pcm.subarray(0, from), hz),
    afterMs: toneMs(pcm.subarray(to), hz),
    // The coder of Opus rings on.
    withinDbfs: rmsDbfs(pcm.subarray(from + 800, to - 800)),
  }
}
const channelsOf = async (path: string): Promise<readonly Int16Array[]> =>
  path.endsWith('.wav')
    ? readWav(await readFile(path)).samples
    : (await decodedOpus(await readFile(path))).map((channel) =>
        Int16Array.from(channel, (sample) => sample * 32_767),
      )

const latest = (): Promise<number> => latestMs(media)

interface Began {
  readonly id: RecordingId
  readonly path: string
  readonly begun: Asked
}
async function record(
  leg: CallId,
  name: string,
  layout: RecordLayout,
  file?: RecordFile,
): Promise<Began> {
  const [id, path] = [recordingId(name), join(folder, name)]
  const begun = await timed(() => media.startRecording(leg, id, path, layout, file))
  return { id, path, begun }
}
const outcomeOf = (id: RecordingId): RecordOutcome | undefined =>
  seen.recordings.find(({ outcome }) => outcome.recordingId === id)?.outcome

test('recordings go on in the next thread: what was lost is silence, told, and the time in the file is true', async () => {
  const a = await call()
  const b = await call({}, a.id)
  await media.bridge(a.id, b.id)
  const stereo = await record(a.id, 'stereo.wav', 'receivedLeft')
  const opus = await record(a.id, 'stereo.opus', 'sentLeft', { format: 'opus', rateHz: 8000 })
  const masked = await record(a.id, 'masked.wav', 'received')
  const paused = await record(a.id, 'paused.wav', 'received')
  const talk = (durationMs: number): Promise<unknown> =>
    Promise.all([a.peer.talk(sine(aHz, durationMs)), b.peer.talk(sine(bHz, durationMs))])
  await talk(2000)
  await media.setRecording(a.id, masked.id, 'masked')
  const pausing = await timed(() => media.setRecording(a.id, paused.id, 'paused'))
  await talk(300)
  const lateBeforeMs = await latest()
  await Promise.all([kill(a.thread), bothUp()])
  await talk(500)
  const resuming = await timed(() => media.setRecording(a.id, paused.id, 'running'))
  await media.setRecording(a.id, masked.id, 'running')
  await talk(2500)
  const all = [stereo, opus, masked, paused]
  const ended = await timed(() => media.stopRecording(a.id))
  const lateMs = Math.max(lateBeforeMs, await latest())
  await until('they are told', () => seen.recordings.length >= all.length)
  expect(seen.recordings).toHaveLength(all.length)

  for (const [one, leftHz, rightHz] of [
    [stereo, aHz, bHz],
    [opus, bHz, aHz],
  ] as const) {
    const outcome = outcomeOf(one.id)
    expect(outcome).toMatchObject({ failure: null, path: one.path })
    expect(outcome?.cut).toBeUndefined()
    expectTrue(outcome!.durationMs, one.begun, ended, lateMs)
    const [lost, ...more] = outcome!.spans ?? []
    expect(more).toEqual([])
    expect(lost?.kind).toBe('lost')
    expect(seen.gaps).toContainEqual({ recordingId: one.id, spans: [lost] })
    const channels = await channelsOf(one.path)
    expect(Math.abs(channels[0]!.length / 8 - outcome!.durationMs)).toBeLessThanOrEqual(1)
    for (const [channel, hz] of [leftHz, rightHz].entries()) {
      const { beforeMs, afterMs, withinDbfs } = around(channels[channel]!, hz, lost!)
      expect(beforeMs).toBeGreaterThan(800)
      expect(afterMs).toBeGreaterThan(1500)
      expect(withinDbfs).toBeLessThan(-60)
    }
  }
  const spansOf = ({ id }: Began) => outcomeOf(id)?.spans ?? []
  expect(
    spansOf(masked)
      .map(({ kind }) => kind)
      .toSorted(),
  ).toEqual(['lost', 'masked'])
  expectTrue(outcomeOf(masked.id)!.durationMs, masked.begun, ended, lateMs)
  const mask = spansOf(masked).find(({ kind }) => kind === 'masked')!
  const [heard] = await channelsOf(masked.path)
  expect(toneMs(heard!.subarray(mask.startMs * 8, mask.endMs * 8), aHz)).toBe(0)
  expect(toneMs(heard!.subarray(mask.endMs * 8), aHz)).toBeGreaterThan(1000)
  const pause = spansOf(paused).find(({ kind }) => kind === 'paused')!
  expectTrue(pause.heldMs!, pausing, resuming, lateMs)
  expectTrue(outcomeOf(paused.id)!.durationMs + pause.heldMs!, paused.begun, ended, lateMs)
})

test('a recording whose end is wished while its thread dies ends; one whose file is no recording any more is told as cut, and the call goes on', async () => {
  const a = await call()
  const [ending, spoilt] = [
    await record(a.id, 'ending.wav', 'received'),
    await record(a.id, 'spoilt.wav', 'received'),
  ]
  await a.peer.talk(sine(aHz, 1300))
  await writeFile(
    spoilt.path,
    'somebody has written this into it, and it is long enough for a header',
  )
  const killed = kill(a.thread)
  const stopped = media.stopRecording(a.id, ending.id)
  await Promise.all([killed, stopped, bothUp()])
  await until('both are told', () => seen.recordings.length === 2)
  expect(outcomeOf(ending.id)).toMatchObject({ failure: null, spans: [{ kind: 'lost' }] })
  expect(outcomeOf(spoilt.id)).toMatchObject({ cut: true, failure: null })
  expect(await readFile(spoilt.path, 'utf8')).toMatch(/^somebody/)
  await a.peer.forget()
  await a.peer.talk(sine(aHz, 500))
  expect(a.peer.received.length).toBeGreaterThan(10)
  // One whose call ends before its thread is up again.
  const last = await record(a.id, 'last.wav', 'received')
  const again = kill(a.thread)
  await until('it is dead', async () => (await media.stats()).threadsUp === 1)
  await media.close(a.id)
  await again
  expect(outcomeOf(last.id)).toMatchObject({ cut: true })
  await bothUp()
  expect(seen.recordings).toHaveLength(3)
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
  const path = join(folder, 'room.wav')
  const begun = await timed(() => media.recordRoom(room, recordingId('room'), path))
  await a.peer.talk(sine(aHz, 1500))
  let lateMs = 0
  for (const thread of [0, 1]) {
    lateMs = Math.max(lateMs, await latest())
    await kill(thread)
    await bothUp()
    await sleep(100)
    await expectTalk(a, b)
  }
  expect(await media.levels(room)).toHaveLength(2)
  await b.peer.talk(sine(bHz, 1000))
  expect(seen.roomRecordings).toEqual([])
  lateMs = Math.max(lateMs, await latest())
  const ended = await timed(() => media.closeRoom(room))
  expect(seen.roomRecordings).toMatchObject([{ room, outcome: { failure: null } }])
  const { durationMs, spans = [] } = seen.roomRecordings[0]!.outcome
  expectTrue(durationMs, begun, ended, lateMs)
  // One of the two threads had the room.
  expect(spans.map(({ kind }) => kind)).toEqual(['lost'])
  const [pcm] = await channelsOf(path)
  expect(around(pcm!, aHz, spans[0]!).beforeMs).toBeGreaterThan(400)
  expect(around(pcm!, bHz, spans[0]!).afterMs).toBeGreaterThan(700)
  expect(around(pcm!, aHz, spans[0]!).withinDbfs).toBeLessThan(-60)
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
  const started = await startForTest(27_800, {
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
})
