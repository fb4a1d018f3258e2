/** Calls of the lab are recorded, in Opus and WAV: who is in which channel, and what is masked, by tones. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { toneDbfs } from '../../engine/dsp/goertzel.ts'
import { readWav, wavHeader } from '../../engine/dsp/wav.ts'
import {
  type EngineProcess,
  eventually,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { toneOf } from '../support/tone-times.ts'
import { decodedOpus } from '../unit/recordings/opus-lab.ts'

/** Says “Hello?”, and listens. */
const listens = '+15005550171'
/** Says a greeting, beeps, and says nothing from then on. */
const machine = '+15005550170'
const echo = '+15005550140'
const [played, mask] = [700, 1_000]

let engine: EngineProcess
let tones: Server
beforeAll(async () => {
  const pcm = toneOf(played, 20)
  const size = { rateHz: 8_000, channels: 1, dataBytes: pcm.byteLength } as const
  const wav = Buffer.concat([wavHeader({ format: 'pcm16', ...size }), Buffer.from(pcm.buffer)])
  tones = createServer((_request, reply) => {
    reply.setHeader('content-type', 'audio/wav')
    reply.end(wav)
  }).listen(0, '127.0.0.1')
  await once(tones, 'listening')
  engine = await startEngine({
    RINGDOWN_ALLOWED_URL_TARGETS: '127.0.0.0/8',
  })
})
afterAll(async () => {
  tones.close()
  await engine.stop()
  engine.removeData()
})

async function act(id: string, what: string, body: object): Promise<Json> {
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

async function recordingsOf(call: string, count: number): Promise<Json[]> {
  const { body } = await eventually(
    () => engine.get(`/v1/voice/recordings?call_id=${call}`),
    ({ body }) =>
      body.recordings.filter(({ status }: Json) => status === 'completed').length === count,
  )
  return body.recordings
}

async function audioOf({ id, format }: Json): Promise<Int16Array[]> {
  const reply = await fetch(`${engine.httpUrl}/v1/voice/recordings/${id}/media`, {
    headers: { 'x-api-key': engine.apiKey },
  })
  expect(reply.status).toBe(200)
  const bytes = new Uint8Array(await reply.arrayBuffer())
  if (format === 'wav') return [...readWav(bytes).samples]
  const channels = await decodedOpus(bytes)
  return channels.map((channel) => Int16Array.from(channel, (value) => value * 32_767))
}

const levelAt = (channel: Int16Array, hz: number, fromMs: number, toMs: number): number =>
  toneDbfs(channel.subarray(fromMs * 8, toMs * 8), hz, 8_000)

test('Opus: who hears is left, who is silent right; a tone is heard in place of what is masked', async () => {
  const id = await answered(listens)
  await act(id, 'play', { url: `http://127.0.0.1:${(tones.address() as AddressInfo).port}/` })
  await act(id, 'recording', { action: 'start', format: 'opus' })
  await sleep(1500)
  await act(id, 'recording', { action: 'mask', mask_with: 'tone' })
  await sleep(1500)
  await act(id, 'recording', { action: 'resume' })
  await sleep(1500)
  await act(id, 'recording', { action: 'stop' })
  const [recording] = await recordingsOf(id, 1)
  expect(recording).toMatchObject({ format: 'opus', channels: 2, spans: [{ kind: 'masked' }] })
  const [span] = recording!.spans
  const [startMs, endMs] = [span.start * 1_000, span.end * 1_000]
  expect(endMs - startMs).toBeGreaterThan(1200)
  const [left, right] = (await audioOf(recording!)) as [Int16Array, Int16Array]
  expect(levelAt(left, played, startMs - 700, startMs - 100)).toBeGreaterThan(-30)
  expect(levelAt(left, played, startMs + 100, endMs - 100)).toBeLessThan(-55)
  expect(levelAt(left, mask, startMs + 100, endMs - 100)).toBeGreaterThan(-40)
  expect(levelAt(left, played, endMs + 100, endMs + 700)).toBeGreaterThan(-30)
  // His “Hello?” is over by then.
  expect(levelAt(right, played, endMs + 100, endMs + 700)).toBeLessThan(-55)
  await engine.send('DELETE', `/v1/voice/calls/${id}`)
})

test('the call and its leg at once: both sides, and only what the phone says; keys are silence where that is asked for', async () => {
  const id = await answered(echo)
  await act(id, 'recording', { action: 'start', mask_digits: true })
  await act(id, 'recording', { action: 'start', of: 'leg', channels: 1 })
  await act(id, 'play', { url: `http://127.0.0.1:${(tones.address() as AddressInfo).port}/` })
  await sleep(2000)
  await act(id, 'digits', { digits: '5' })
  await sleep(700)
  await act(id, 'recording', { action: 'stop' })
  await act(id, 'recording', { action: 'stop', of: 'leg' })
  const both = await recordingsOf(id, 2)
  const ofCall = both.find(({ source }) => source === 'call')
  const ofLeg = both.find(({ source }) => source === 'leg')
  expect(ofLeg).toMatchObject({ channels: 1, format: 'wav' })
  const [left, right] = (await audioOf(ofCall!)) as [Int16Array, Int16Array]
  const [alone] = (await audioOf(ofLeg!)) as [Int16Array]
  const onset = (channel: Int16Array) => channel.findIndex((value) => Math.abs(value) > 1000) / 8
  for (const channel of [left, right, alone]) {
    const atMs = onset(channel)
    // In most parts of it: where a late packet was bridged the tone goes on in another phase.
    const levels = Array.from({ length: 12 }, (_, n) => {
      const fromMs = atMs + 200 + 50 * n
      return levelAt(channel, played, fromMs, fromMs + 50)
    })
    expect(levels.toSorted((a, b) => a - b)[6]).toBeGreaterThan(-30)
  }
  expect(ofLeg.spans).toEqual([])
  const masked: Json[] = ofCall.spans
  expect(masked.length).toBeGreaterThan(0)
  for (const { kind, start, end } of masked) {
    expect([kind, start > 1.8, end - start < 1]).toEqual(['masked', true, true])
    for (const channel of [left, right]) {
      const there = channel.subarray(start * 8_000, end * 8_000)
      expect(there.every((value) => value === 0)).toBe(true)
    }
  }
  // What comes back is later than what was played.
  expect(onset(right)).toBeGreaterThan(onset(left))
  await engine.send('DELETE', `/v1/voice/calls/${id}`)
})

test('an engine that is killed while it records a call in Opus and a conference: all but the last second is kept and told', async () => {
  const url = `http://127.0.0.1:${(tones.address() as AddressInfo).port}/`
  const id = await answered(machine)
  await act(id, 'play', { url })
  await act(id, 'recording', { action: 'start', format: 'opus' })
  const { body: room } = await engine.send('POST', '/v1/voice/conferences', {})
  const conference = `/v1/voice/conferences/${room.id}`
  await engine.send('POST', `${conference}/participants`, { to: machine, from: '+15005550100' })
  await eventually(
    async () => (await engine.get(conference)).body,
    (now) => now.participant_count === 1,
  )
  await engine.send('POST', `${conference}/play`, { url })
  expect((await engine.send('POST', `${conference}/recording`)).status).toBe(201)
  const beganMs = performance.now()
  await sleep(3500)
  await engine.send('PATCH', `${conference}/recording`, { action: 'mask' })
  const lastedMs = performance.now() - beganMs
  await engine.stop('SIGKILL')
  engine = await startEngine({ RINGDOWN_ALLOWED_URL_TARGETS: '127.0.0.0/8' }, engine.dataDir)

  const { body } = await eventually(
    () => engine.get('/v1/voice/recordings?page_size=100'),
    ({ body: { recordings } }) =>
      recordings.every(({ status }: Json) => status !== 'in-progress') &&
      recordings.some(({ conference_id }: Json) => conference_id === room.id),
  )
  const ofCall = body.recordings.find(({ call_id }: Json) => call_id === id)
  const ofRoom = body.recordings.find(({ conference_id }: Json) => conference_id === room.id)
  expect(ofCall).toMatchObject({ status: 'completed', format: 'opus', channels: 2 })
  expect(ofRoom).toMatchObject({ status: 'completed', format: 'wav', channels: 1 })
  // That nothing was to be heard from there on is known after the crash too.
  expect(ofRoom.spans).toMatchObject([{ kind: 'masked' }])
  for (const recording of [ofCall, ofRoom]) {
    expect(recording.duration * 1_000).toBeGreaterThan(lastedMs - 2_500)
    const [left] = await audioOf(recording)
    const endMs = Math.floor(left!.length / 8)
    expect(Math.abs(endMs - recording.duration * 1_000)).toBeLessThan(100)
    expect(levelAt(left!, played, endMs - 700, endMs - 200)).toBeGreaterThan(-30)
  }
  const told = async (path: string) => (await engine.get(`${path}/events`)).body.events
  const ends = [...(await told(`/v1/voice/calls/${id}`)), ...(await told(conference))].filter(
    ({ type }: Json) => /recording[.-](?:completed|failed)$/.test(type),
  )
  expect(ends.map(({ type, data }: Json) => [type, data.recording_id])).toEqual([
    ['recording.completed', ofCall.id],
    ['conference.recording-completed', ofRoom.id],
  ])
})
