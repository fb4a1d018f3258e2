/** A media thread of a whole engine dies while real phones talk: nobody hangs up, and they hear each other again. */
import { createSocket } from 'node:dgram'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { rmsDbfs } from '../../engine/dsp/levels.ts'
import { readWav } from '../../engine/dsp/wav.ts'
import {
  type EngineProcess,
  eventually,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { PhoneRoom, toneHz } from '../support/phone-room.ts'
import { toneMs } from '../support/tone-times.ts'
import { decodedOpus } from '../unit/recordings/opus-lab.ts'

const triggerPort = 27_177
let engine: EngineProcess
let room: PhoneRoom

beforeAll(async () => {
  const fault = new URL('../support/faulty-thread.mjs', import.meta.url).pathname
  engine = await startEngine({
    ...{ RINGDOWN_MEDIA_THREADS: '2', FAULTY_THREAD: `media 0:${triggerPort}` },
    NODE_OPTIONS: `--import ${fault}`,
  })
  room = await PhoneRoom.at(engine)
})
afterEach(() => room?.close())
afterAll(async () => {
  await engine.stop()
  engine.removeData()
})

const liveCalls = async (): Promise<Json[]> =>
  (await engine.get('/v1/voice/calls?status=in-progress')).body.calls
const metric = async (name: string): Promise<number> => {
  const text = await (await fetch(`${engine.httpUrl}/metrics`)).text()
  return Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)?.[1])
}
const eventsOf = async (id: string): Promise<string[]> =>
  (await engine.get(`/v1/voice/calls/${id}/events`)).body.events.map(({ type }: Json) => type)
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

async function require(srtp: 'off' | 'required'): Promise<void> {
  const { devices } = (await engine.get('/v1/voice/devices')).body
  const { id } = devices.find(({ username }: Json) => username === '1002')
  await engine.send('PATCH', `/v1/voice/devices/${id}`, { srtp, codecs: ['PCMU'] })
}

/** The first legs are in the first thread. */
async function killThread(): Promise<void> {
  const deaths = await metric('ringdown_media_thread_deaths')
  const trigger = createSocket('udp4')
  trigger.send('die', triggerPort, '127.0.0.1')
  await eventually(
    () => metric('ringdown_media_thread_deaths'),
    (count) => count > deaths,
  )
  trigger.close()
}

/** It is whole, told once, and has both tones before and after what was lost. */
async function wentOn(call: string, id: string): Promise<void> {
  const recording = await eventually(
    async () => (await engine.get(`/v1/voice/recordings/${id}`)).body,
    ({ status }: Json) => status === 'completed',
  )
  const { events } = (await engine.get(`/v1/voice/calls/${call}/events`)).body
  const told = events.filter(({ data }: Json) => data.recording_id === id)
  expect(told.map(({ type }: Json) => type)).toEqual([
    ...['recording.started', 'recording.interrupted', 'recording.completed'],
  ])
  expect(told.at(-1).data.reason).toBeNull()
  expect(recording.spans).toMatchObject([{ kind: 'lost' }])
  const [{ start, end }] = recording.spans
  const channels = await audioOf(recording)
  for (const [channel, hz] of [toneHz['1001'], toneHz['1002']].entries()) {
    const part = (from: number, to: number) => channels[channel]!.subarray(from * 8000, to * 8000)
    expect(toneMs(part(0, start), hz)).toBeGreaterThan(1000)
    expect(rmsDbfs(part(start + 0.1, end - 0.1))).toBeLessThan(-60)
    expect(toneMs(part(end, recording.duration_ms / 1000), hz)).toBeGreaterThan(1000)
  }
}

async function audioOf({ id, format }: Json): Promise<readonly Int16Array[]> {
  const response = await fetch(`${engine.httpUrl}/v1/voice/recordings/${id}/media`, {
    headers: { 'x-api-key': engine.apiKey },
  })
  const bytes = new Uint8Array(await response.arrayBuffer())
  if (format === 'wav') return readWav(bytes).samples
  const channels = await decodedOpus(bytes)
  return channels.map((channel) => Int16Array.from(channel, (sample) => sample * 32_767))
}

test.each([
  ['plain RTP: they notice nothing but a gap', 'off', []],
  ['RTP and SRTP: that one gets new keys', 'required', ['call.parked', 'call.unparked']],
] as const)('two phones with %s', async (_name, srtp, parked) => {
  await require(srtp)
  const alice = await room.baresip('1001', 'udp')
  const bob =
    srtp === 'off'
      ? await room.baresip('1002', 'udp')
      : await room.baresip('1002', 'tls', { srtp: 'required' })
  await alice.command('dial', room.uri('1002'))
  await room.up(2)
  const calls = await liveCalls()
  const caller = calls.find(({ direction }) => direction === 'inbound').id
  const recording = `/v1/voice/calls/${caller}/recording`
  const wav = (await engine.send('POST', recording, { action: 'start' })).body
  const opus = (
    await engine.send('POST', recording, { action: 'start', of: 'leg', format: 'opus' })
  ).body
  await pause(2500)
  await killThread()
  await eventually(
    () => metric('ringdown_media_threads'),
    (count) => count === 2,
  )
  // Who called is told of what becomes of whom it called, too.
  const parkedOrNot = async (): Promise<string[]> => {
    const told = (await Promise.all(calls.map(({ id }) => eventsOf(id)))).flat()
    return [...new Set(told.filter((type) => /parked/.test(type)))]
  }
  await eventually(parkedOrNot, (told) => told.length >= parked.length)
  await pause(4000)
  expect(await liveCalls()).toHaveLength(2)
  expect(await parkedOrNot()).toEqual(parked)
  await alice.command('hangup')
  await room.up(0)
  await room.close()
  const atTheEnd = (pcm: Int16Array): Int16Array => pcm.subarray(-8 * 2000)
  expect(toneMs(atTheEnd(alice.heard()), toneHz['1002'])).toBeGreaterThan(1000)
  expect(toneMs(atTheEnd(bob.heard()), toneHz['1001'])).toBeGreaterThan(1000)
  expect(await metric('ringdown_media_threads')).toBe(2)
  for (const id of [wav, opus].map((body) => body.recording_ids[0])) await wentOn(caller, id)
})
