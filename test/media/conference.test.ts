/** Conferences through the media thread and real sockets. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { ConferenceId, RecordingId } from '../../engine/core/ids.ts'
import type { MemberOptions } from '../../engine/core/ports/media.ts'
import { toneDbfs } from '../../engine/dsp/goertzel.ts'
import { readWav } from '../../engine/dsp/wav.ts'
import type { RunningMedia } from '../../engine/media/index.ts'
import { expectTrue, latestMs, timed } from './asked.ts'
import { type PeerCodec, RtpPeer, sine } from './rtp-peer.ts'
import { callId, type Seen, startForTest } from './start.ts'

let media: RunningMedia
let seen: Seen
let folder: string
const peers: RtpPeer[] = []
let names = 0
const usual: MemberOptions = {
  muted: false,
  deaf: false,
  heardBy: null,
  gainInDb: 0,
  gainOutDb: 0,
  priority: false,
}

beforeAll(async () => {
  const started = await startForTest(28_400, { portRestMs: 0 })
  media = started.media
  seen = started.seen
  folder = await mkdtemp(join(tmpdir(), 'ringdown-rooms-'))
})

afterAll(async () => {
  await media.shutDown()
  await rm(folder, { recursive: true })
})

afterEach(() => {
  for (const peer of peers.splice(0)) peer.close()
})

async function openRoom(talkers = 3): Promise<ConferenceId> {
  names += 1
  const room = `room-${names}` as ConferenceId
  await media.openRoom(room, { talkers, gainControl: false, noiseGate: false })
  return room
}

async function member(room: ConferenceId, codec: PeerCodec) {
  const peer = await RtpPeer.open({ codec })
  peers.push(peer)
  names += 1
  const id = callId(`member-${names}`)
  peer.aim(await media.answer(id, peer.sdp()))
  await media.joinRoom(room, id, usual)
  return { id, peer }
}

/** Levels of a tone in stretches of the last second, softest first: on a busy machine some had to be stretched. */
function levelsOf(peer: RtpPeer, hz: number): number[] {
  const pcm = peer.heard()
  const ends = [0, 1, 2, 3, 4, 5, 6].map((n) => pcm.length - 800 - 800 * n)
  return ends.map((end) => toneDbfs(pcm, hz, 8000, end - 1600, 1600)).sort((a, b) => a - b)
}
/** The loudest of stretches from 400 ms on. */
const loudestIn = (pcm: Int16Array, hz: number): number =>
  Math.max(...[0, 1, 2, 3].map((n) => toneDbfs(pcm, hz, 8000, 3200 + 800 * n, 1600)))
const loudness = (peer: RtpPeer, hz: number): number => levelsOf(peer, hz).at(-1)!
const rest = (peer: RtpPeer, hz: number): number => levelsOf(peer, hz)[3]!

const silence = (durationMs: number): Int16Array => new Int16Array(durationMs * 8)
const LEVEL_DB = 20 * Math.log10(6000 / 32_767)
const tones = [410, 730, 1190, 1850, 2510]
const codecs: readonly PeerCodec[] = ['PCMU', 'PCMA', 'opus', 'PCMU', 'opus']

/** How far below four tones the noise of a codec is, at one frequency. */
const noiseDb: Readonly<Record<PeerCodec, number>> = { PCMU: 40, PCMA: 40, opus: 30 }

test('five of three codecs who all speak hear all others, and not themselves', async () => {
  const room = await openRoom(0)
  const members = await Promise.all(codecs.map((codec) => member(room, codec)))
  await Promise.all(members.map(({ peer }, n) => peer.talk(sine(tones[n]!, 1600, 6000))))
  members.forEach(({ peer }, at) => {
    tones.forEach((hz, of) => {
      const level = loudness(peer, hz)
      if (at === of)
        expect(rest(peer, hz), `${at} hears himself`).toBeLessThan(LEVEL_DB - noiseDb[peer.codec])
      else expect(Math.abs(level - LEVEL_DB), `${at} hears ${of}`).toBeLessThan(2)
    })
  })
  await media.closeRoom(room)
})

test('who speaks alone hears nothing of it; who speaks is told, and the levels', async () => {
  const room = await openRoom()
  const [a, b, c] = [
    await member(room, 'PCMU'),
    await member(room, 'PCMA'),
    await member(room, 'opus'),
  ]
  const talking = a.peer.talk(sine(440, 1500, 6000))
  const waiting = [b, c].map(({ peer }) => peer.talk(silence(1500)))
  const here = <Event extends { room: ConferenceId }>(event: Event): boolean => event.room === room
  const speaking = { room, callId: a.id, speaking: true }
  await expect.poll(() => seen.speaking.filter(here), { interval: 20 }).toEqual([speaking])
  const loudest = { room, callId: a.id }
  await expect.poll(() => seen.loudest.filter(here), { interval: 20 }).toEqual([loudest])
  const levels = await media.levels(room)
  expect(levels.map(({ speaking }) => speaking)).toEqual([true, false, false])
  // A packet that the machine was too busy for is in the level for a while.
  const levelDb = async () => (await media.levels(room))[0]?.levelDb
  await expect.poll(levelDb, { interval: 20 }).toBeCloseTo(LEVEL_DB - 3, 0)
  await Promise.all([talking, ...waiting])
  expect(rest(a.peer, 440)).toBeLessThan(LEVEL_DB - 70)
  for (const { peer } of [b, c]) expect(Math.abs(loudness(peer, 440) - LEVEL_DB)).toBeLessThan(1)
  await media.closeRoom(room)
})

test('members of a room get a packet every 20 ms, in one stream, as they come and go', async () => {
  const [one, other] = [await openRoom(), await openRoom()]
  const [a, b] = [await member(one, 'PCMU'), await member(one, 'opus')]
  const talking = Promise.all([a, b].map(({ peer }) => peer.talk(sine(440, 1200, 6000))))
  await sleep(400)
  await media.joinRoom(other, a.id, usual)
  await sleep(200)
  await media.joinRoom(one, a.id, usual)
  await sleep(200)
  await media.leaveRoom(b.id)
  await talking
  for (const { peer } of [a, b]) {
    const numbers = peer.received.map(({ sequence }) => sequence)
    numbers.slice(1).forEach((number, n) => {
      expect((number - numbers[n]!) & 0xffff).toBe(1)
    })
    expect(new Set(peer.received.map(({ ssrc }) => ssrc)).size).toBe(1)
    expect(peer.received.length).toBeGreaterThan(50)
  }
})

test('a room is recorded, with what is played to it, as long as it was', async () => {
  const room = await openRoom()
  const [a, b] = [await member(room, 'PCMU'), await member(room, 'opus')]
  const path = join(folder, 'room.wav')
  const begun = await timed(() => media.recordRoom(room, 'recording' as RecordingId, path))
  const played = media.playToRoom(room, { kind: 'tone', tone: 'ringback' })
  await Promise.all([a.peer.talk(sine(1300, 1200, 6000)), b.peer.talk(silence(1200))])
  const ended = await timed(() => media.stopRoomRecording(room))
  media.stopRoom(room)
  await expect(played).resolves.toBe('stopped')
  const { outcome } = seen.roomRecordings.at(-1)!
  expect(outcome).toMatchObject({ recordingId: 'recording', path, failure: null })
  expectTrue(outcome.durationMs, begun, ended, await latestMs(media))
  const wav = readWav(await readFile(path))
  const left = wav.samples[0]!
  expect(loudestIn(left, 1300)).toBeGreaterThan(LEVEL_DB - 1)
  expect(loudestIn(left, 440)).toBeGreaterThan(-30)
  expect(loudestIn(b.peer.heard(), 440)).toBeGreaterThan(-30)
  await media.closeRoom(room)
})

test('rooms and legs that are not there', async () => {
  const nowhere = 'nowhere' as ConferenceId
  const room = await openRoom()
  await expect(media.joinRoom(nowhere, callId('x'), usual)).rejects.toMatchObject({
    code: 'not_found',
  })
  await expect(media.joinRoom(room, callId('x'), usual)).rejects.toMatchObject({
    code: 'call_ended',
  })
  await expect(media.levels(nowhere)).resolves.toEqual([])
  await expect(media.playToRoom(nowhere, { kind: 'tone', tone: 'beep' })).resolves.toBe('legClosed')
  await media.changeMember(callId('x'), usual)
  await media.leaveRoom(callId('x'))
  await media.recordRoom(nowhere, 'r' as RecordingId, join(folder, 'none.wav'))
  await media.stopRoomRecording(nowhere)
  await media.closeRoom(nowhere)
})
