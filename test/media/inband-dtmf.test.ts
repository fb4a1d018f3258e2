import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
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

test.each(['PCMU', 'PCMA', 'opus'] as const)(
  '%s: keys as tones are told, passed on as events, and not heard',
  async (codec: PeerCodec) => {
    const a = await call(`a-${codec}`, { codec, eventType: null })
    const b = await call(`b-${codec}`)
    await media.bridge(a.id, b.id)
    const path = join(folder, `${codec}.wav`)
    await media.startRecording(a.id, 'r1' as RecordingId, path, 'receivedLeft')
    const said = sound()
    await a.peer.talk(said)
    await sleep(500)
    await Promise.all([media.close(a.id), media.close(b.id)])
    const told = seen.digits.filter(({ callId: id }) => id === a.id)
    expect(told.map(({ digit }) => digit).join('')).toBe(keys)
    const ends = b.peer.received.filter(
      ({ payloadType, payload }) => payloadType === 101 && (payload[1]! & 0x80) !== 0,
    )
    const events = new Map(ends.map(({ timestamp, payload }) => [timestamp, payload[0]]))
    expect([...events.values()]).toEqual([1, 5, 9, 0, 10, 11])
    const [recorded] = readWav(await readFile(path)).samples
    expect(tonesIn(said)).toBeGreaterThanOrEqual(6 * keys.length)
    // Of each key its first 12 ms at most, which may lie in two stretches.
    expect(tonesIn(b.peer.heard())).toBeLessThanOrEqual(2 * keys.length)
    expect(tonesIn(recorded!)).toBeLessThanOrEqual(2 * keys.length)
    expect(likeness(noise(800, 7), recorded!)).toBeGreaterThan(codec === 'opus' ? 0.8 : 0.98)
    a.peer.close()
    b.peer.close()
  },
)
