/** Two calls of the lab are connected; who hears what, by tones in their recordings. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { toneDbfs } from '../../engine/dsp/goertzel.ts'
import { levelled } from '../../engine/dsp/loudness.ts'
import { readWav, wavHeader } from '../../engine/dsp/wav.ts'
import {
  type EngineProcess,
  eventually,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { toneOf } from '../support/tone-times.ts'

/** Answers, greets and is silent; what it is told it keeps for itself. */
const silent = '+15005550170'
const echo = '+15005550140'
const [whispered, echoed, muted] = [700, 1_100, 1_900]
const toneS = 1
/** Of all that is played by URL; a sine of 1 kHz is at -20 dBFS then, one that is higher lower. */
const promptLufs = -23

let engine: EngineProcess
let tones: Server
beforeAll(async () => {
  tones = createServer(({ url = '' }, reply) => {
    const pcm = toneOf(Number(/\d+/.exec(url)?.[0]), toneS)
    const head = wavHeader({
      format: 'pcm16',
      rateHz: 8_000,
      channels: 1,
      dataBytes: pcm.byteLength,
    })
    reply.setHeader('content-type', 'audio/wav')
    reply.end(Buffer.concat([head, Buffer.from(pcm.buffer)]))
  }).listen(0, '127.0.0.1')
  await once(tones, 'listening')
  engine = await startEngine({
    RINGDOWN_ALLOWED_URL_TARGETS: '127.0.0.0/8',
    RINGDOWN_PROMPT_LOUDNESS: `${promptLufs}`,
  })
})
afterAll(async () => {
  tones.close()
  await engine.stop()
  engine.removeData()
})

const toneAt = (hz: number): string =>
  `http://127.0.0.1:${(tones.address() as AddressInfo).port}/${hz}.wav`

async function act(id: string, what: string, body: object = {}): Promise<Json> {
  const reply = await engine.send('POST', `/v1/voice/calls/${id}/${what}`, body)
  expect(reply.status, JSON.stringify(reply.body)).toBeLessThan(300)
  return reply.body
}

async function answered(to: string): Promise<string> {
  const { body } = await engine.send('POST', '/v1/voice/calls', { to, from: '+15005550100' })
  await eventually(
    async () => (await engine.get(`/v1/voice/calls/${body.id}`)).body,
    (call) => call.status === 'in-progress',
  )
  return body.id
}

/** Plays a tone to a call, until it has been heard. */
async function hear(id: string, hz: number, how: 'play' | 'whisper'): Promise<void> {
  const { playback_id } = await act(id, how, { url: toneAt(hz) })
  await eventually(
    async () => (await engine.get(`/v1/voice/calls/${id}/events`)).body.events,
    (events) =>
      events.some(
        ({ type, data }: Json) =>
          type === 'playback.ended' &&
          data.playback_id === playback_id &&
          data.reason === 'finished',
      ),
  )
}

/** What the call's phone was sent, while it was recorded. */
async function sentTo(id: string): Promise<Int16Array> {
  const call = await eventually(
    async () => (await engine.get(`/v1/voice/calls/${id}`)).body,
    ({ recording_url }) => recording_url !== null,
  )
  const media = await fetch(`${engine.httpUrl}${new URL(call.recording_url).pathname}`, {
    headers: { 'x-api-key': engine.apiKey },
  })
  expect(media.status).toBe(200)
  return readWav(new Uint8Array(await media.arrayBuffer())).samples[0]!
}

/** How long that frequency was nearly as loud as its prompt is, whatever else was heard: in milliseconds. */
function loudMs(pcm: Int16Array, hz: number): number {
  const promptDbfs = toneDbfs(levelled(toneOf(hz, toneS), 8_000, promptLufs).pcm, hz)
  let ms = 0
  for (let at = 0; at + 400 <= pcm.length; at += 400) {
    if (toneDbfs(pcm, hz, 8_000, at, 400) > promptDbfs - 3) ms += 50
  }
  return ms
}

test('a whisper is heard by the one alone, an echo by both, and nothing of one that is muted', async () => {
  const [a, b] = await Promise.all([answered(silent), answered(echo)])
  await act(a, 'bridge', { call_id: b })
  for (const id of [a, b]) await act(id, 'recording', { action: 'start' })
  await hear(a, whispered, 'whisper')
  await hear(b, echoed, 'play')
  await act(b, 'mute')
  await hear(b, muted, 'play')
  await act(a, 'recording', { action: 'stop' })
  await engine.send('DELETE', `/v1/voice/calls/${a}`)
  const [toA, toB] = [await sentTo(a), await sentTo(b)]
  const heard = (pcm: Int16Array) => [whispered, echoed, muted].map((hz) => loudMs(pcm, hz) > 600)
  expect([heard(toA), heard(toB)]).toEqual([
    [true, true, false],
    [false, true, true],
  ])
  expect([loudMs(toB, whispered), loudMs(toA, muted)]).toEqual([0, 0])
})
