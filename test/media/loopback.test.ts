import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { RecordingId } from '../../engine/core/ids.ts'
import { toneDbfs } from '../../engine/dsp/goertzel.ts'
import { rmsDbfs } from '../../engine/dsp/levels.ts'
import { readWav, wavHeader } from '../../engine/dsp/wav.ts'
import type { RunningMedia } from '../../engine/media/index.ts'
import { likeness, noise, type PeerOptions, type Received, RtpPeer, sine } from './rtp-peer.ts'
import { callId, type Seen, startForTest } from './start.ts'
import { talkTogether } from './talk-together.ts'

let media: RunningMedia
let seen: Seen
let folder: string
const peers: RtpPeer[] = []
let names = 0

beforeAll(async () => {
  const started = await startForTest(27000, { portRestMs: 0 })
  media = started.media
  seen = started.seen
  folder = await mkdtemp(join(tmpdir(), 'ringdown-media-'))
})

afterAll(async () => {
  await media.shutDown()
  await rm(folder, { recursive: true })
})

afterEach(() => {
  for (const peer of peers.splice(0)) peer.close()
  seen.digits.length = 0
})

async function wavFile(name: string, pcm: Int16Array): Promise<string> {
  const path = join(folder, name)
  const header = wavHeader({
    rateHz: 8000,
    channels: 1,
    format: 'pcm16',
    dataBytes: pcm.byteLength,
  })
  await writeFile(path, Buffer.concat([header, new Uint8Array(pcm.buffer)]))
  return path
}

/** A leg whose peer offers, and the peer aimed at it. */
async function call(options: PeerOptions = {}) {
  const peer = await RtpPeer.open(options)
  peers.push(peer)
  names += 1
  const id = callId(`call-${names}`)
  peer.aim(await media.answer(id, peer.sdp()))
  return { id, peer }
}

describe('one leg', () => {
  test('a prompt is heard at its level and frequency, in one unbroken stream', async () => {
    const { id, peer } = await call()
    const path = await wavFile('tone.wav', sine(1000, 600, 10_000))
    expect(await media.play(id, { kind: 'wav', path })).toBe('finished')
    await sleep(60)
    const heard = peer.heard()
    const from = heard.findIndex((sample) => Math.abs(sample) > 1000)
    expect(from).toBeGreaterThanOrEqual(0)
    expect(toneDbfs(heard, 1000, 8000, from, 4000)).toBeCloseTo(-10.3, 0)
    const { received } = peer
    for (let i = 1; i < received.length; i++) {
      expect((received[i]!.sequence - received[i - 1]!.sequence) & 0xffff).toBe(1)
      // More than one frame only when a busy machine made us leave a tick out.
      const step = (received[i]!.timestamp - received[i - 1]!.timestamp) | 0
      expect([step > 0, step % 160]).toEqual([true, 0])
    }
    expect(new Set(received.map((packet) => packet.ssrc)).size).toBe(1)
    expect(received[0]!.marker).toBe(true)
    const spoken = received.findIndex((packet) => packet.payload.some((byte) => byte !== 0xff))
    expect(received[spoken]!.marker).toBe(true)
    const statistics = await media.close(id)
    expect(statistics.packetsSent).toBeGreaterThanOrEqual(received.length)
  })

  test('a key is told once with its length', async () => {
    const { id, peer } = await call({ eventType: 96 })
    await peer.press(5)
    await expect.poll(() => seen.digits).not.toEqual([])
    await sleep(150)
    expect(seen.digits).toEqual([{ callId: id, digit: '5', durationMs: 100 }])
    await media.close(id)
  })

  test('keys are sent as the events that the peer asked for', async () => {
    const { id, peer } = await call({ eventType: 97 })
    await media.sendDigits(id, '1#')
    const eventsNow = () => peer.received.filter((packet) => packet.payloadType === 97)
    const endsIn = (events: readonly Received[]) =>
      events.filter((packet) => (packet.payload[1]! & 0x80) !== 0)
    await expect.poll(() => endsIn(eventsNow()).length).toBeGreaterThanOrEqual(6)
    await sleep(30)
    const events = eventsNow()
    const ends = endsIn(events)
    expect(ends.map((packet) => packet.payload[0])).toEqual([1, 1, 1, 11, 11, 11])
    expect(new Set(events.map((packet) => packet.timestamp)).size).toBe(2)
    await media.close(id)
  })
})

describe('two legs', () => {
  test.each([
    ['relayed', 'PCMU', 'PCMU'],
    ['transcoded', 'PCMU', 'PCMA'],
  ] as const)('a bridge carries the voice both ways (%s)', async (_name, codecA, codecB) => {
    const a = await call({ codec: codecA })
    const b = await call({ codec: codecB })
    await media.bridge(a.id, b.id)
    await talkTogether(a.peer, b.peer)
    await Promise.all([media.close(a.id), media.close(b.id)])
  })

  test('a recording has the caller left and the callee right', async () => {
    const a = await call()
    const b = await call()
    await media.bridge(a.id, b.id)
    const path = join(folder, 'bridge.wav')
    await media.startRecording(a.id, 'r1' as RecordingId, path, 'receivedLeft')
    const [fromA, fromB] = [noise(1200, 3), noise(1200, 4)]
    await Promise.all([a.peer.talk(fromA), b.peer.talk(fromB)])
    await sleep(100)
    await media.close(a.id)
    await media.close(b.id)
    expect(seen.recordings.at(-1)).toMatchObject({
      callId: a.id,
      outcome: { recordingId: 'r1', path, failure: null },
    })
    const { samples } = readWav(await readFile(path))
    const [left, right] = samples as [Int16Array, Int16Array]
    expect(likeness(fromA, left)).toBeGreaterThan(0.98)
    expect(likeness(fromB, right)).toBeGreaterThan(0.98)
    // And not on each other's.
    expect(likeness(fromB, left)).toBeLessThan(0.3)
    expect(likeness(fromA, right)).toBeLessThan(0.3)
    expect(rmsDbfs(left)).toBeGreaterThan(-30)
  })
})
