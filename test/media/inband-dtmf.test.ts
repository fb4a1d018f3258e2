import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { RecordingId } from '../../engine/core/ids.ts'
import { toneAmplitude } from '../../engine/dsp/goertzel.ts'
import { ToneGenerator } from '../../engine/dsp/tone-generator.ts'
import { dtmfFrequencies, dtmfTone } from '../../engine/dsp/tones.ts'
import { readWav } from '../../engine/dsp/wav.ts'
import type { RunningMedia } from '../../engine/media/index.ts'
import { likeness, noise, type PeerCodec, type PeerOptions, RtpPeer } from './rtp-peer.ts'
import { callId, type Seen, startForTest } from './start.ts'

let media: RunningMedia
let seen: Seen
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringdown-inband-'))
  const started = await startForTest(29_200, { portRestMs: 0 })
  media = started.media
  seen = started.seen
})

afterAll(async () => {
  await media.shutDown()
  await rm(folder, { recursive: true })
})

const keys = '1590*#'

/** Speech-like noise, keys of 80 ms with pauses of 70 ms, and noise again. */
function sound(): Int16Array {
  const tones = new Int16Array(8 * 150 * keys.length)
  new ToneGenerator(dtmfTone(keys, 80, 70), 8000).next(tones, 0, tones.length)
  const pause = new Int16Array(800)
  return Int16Array.from([...noise(800, 7), ...pause, ...tones, ...pause, ...noise(800, 8)])
}

async function call(name: string, options: PeerOptions = {}) {
  const peer = await RtpPeer.open(options)
  const id = callId(name)
  peer.aim(await media.answer(id, peer.sdp()))
  return { id, peer }
}

/** The keys that came as events and are over, by when they began. */
function keysEnded({ received }: RtpPeer): Map<number, number | undefined> {
  const ends = received.filter(
    ({ payloadType, payload }) => payloadType === 101 && (payload[1]! & 0x80) !== 0,
  )
  return new Map(ends.map(({ timestamp, payload }) => [timestamp, payload[0]]))
}

/** Stretches of 10 ms in which both tones of some key are. */
function tonesIn(pcm: Int16Array): number {
  let count = 0
  for (let at = 0; at + 80 <= pcm.length; at += 80) {
    const isKey = [...keys].some((key) =>
      dtmfFrequencies(key)?.every((hz) => toneAmplitude(pcm, at, 80, hz) > 4000),
    )
    if (isKey) count += 1
  }
  return count
}

let calls = 0
/** A phone presses them all in a call of its own; whether they are told, passed on, and heard by nobody. */
async function pressAll(codec: PeerCodec): Promise<void> {
  calls += 1
  const a = await call(`a-${calls}`, { codec, eventType: null })
  const b = await call(`b-${calls}`)
  await media.bridge(a.id, b.id)
  const path = join(folder, `${calls}.wav`)
  await media.startRecording(a.id, 'r1' as RecordingId, path, 'receivedLeft')
  const said = sound()
  await a.peer.talk(said)
  await sleep(500)
  await Promise.all([media.close(a.id), media.close(b.id)])
  for (const { peer } of [a, b]) peer.close()
  const told = seen.digits.filter(({ callId: id }) => id === a.id)
  expect(told.map(({ digit }) => digit).join('')).toBe(keys)
  expect([...keysEnded(b.peer).values()]).toEqual([1, 5, 9, 0, 10, 11])
  const [recorded] = readWav(await readFile(path)).samples
  expect(tonesIn(said)).toBeGreaterThanOrEqual(6 * keys.length)
  // Of each key its first 12 ms at most, which may lie in two stretches.
  expect(tonesIn(b.peer.heard())).toBeLessThanOrEqual(2 * keys.length)
  expect(tonesIn(recorded!)).toBeLessThanOrEqual(2 * keys.length)
  expect(likeness(noise(800, 7), recorded!)).toBeGreaterThan(codec === 'opus' ? 0.8 : 0.98)
}

// A key is four packets: a machine that is busy elsewhere for as long splits it, and they are pressed anew.
test.each(['PCMU', 'PCMA', 'opus'] as const)(
  '%s: keys as tones are told, passed on as events, and not heard',
  (codec) => vi.waitFor(() => pressAll(codec), { timeout: 12_000, interval: 0 }),
)
