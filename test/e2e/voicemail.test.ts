/** Real phones: one does not take a call, the other leaves a message; the lamp, the audio, and a kill -9 in the midst of it. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readWav } from '../../engine/dsp/wav.ts'
import { type BaresipPhone, startBaresip } from '../support/baresip-phone.ts'
import {
  type EngineProcess,
  eventually,
  freePort,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { likeness } from '../support/likeness.ts'
import { voice } from '../support/voice.ts'

const says = voice('lead')
/** Whenever the greeting is over, all of it is still to come. */
const again = Int16Array.from(
  Array.from({ length: 12 }, () => [...says, ...new Int16Array(2_000)]).flat(),
)
const phones: BaresipPhone[] = []
let engine: EngineProcess
let box: string
let callee: BaresipPhone
let caller: BaresipPhone

async function phone(username: string, more: object): Promise<BaresipPhone> {
  const logins = JSON.parse(readFileSync(join(engine.dataDir, 'first-logins.json'), 'utf8'))
  const { password } = logins.devices.find((device: Json) => device.username === username)
  const started = await startBaresip({
    ...{ user: username, password, registrar: `127.0.0.1:${engine.sipPort}` },
    ...{ port: await freePort(), says: again, ...more },
  })
  phones.push(started)
  await eventually(
    async () => (await engine.get('/v1/voice/devices')).body.devices,
    (devices) => devices.some((one: Json) => one.username === username && one.registered),
  )
  return started
}

beforeAll(async () => {
  engine = await startEngine()
  const { devices } = (await engine.get('/v1/voice/devices')).body
  const { id } = devices.find(({ username }: Json) => username === '1001')
  const made = await engine.send('POST', '/v1/voice/voicemail-boxes', {
    ...{ name: 'Desk', devices: ['1001'], review: false, silence_seconds: 0 },
  })
  box = made.body.id
  await engine.send('PUT', `/v1/voice/voicemail-boxes/${box}/greetings/unavailable`, {
    text: 'Hello.',
  })
  const forwarding = { no_answer: { voicemail: 'own', after: 5 }, busy: { voicemail: 'own' } }
  const ruled = await engine.send('PATCH', `/v1/voice/devices/${id}`, { forwarding })
  expect([made.status, ruled.status]).toEqual([201, 200])
  callee = await phone('1001', { modules: ['mwi', 'stdio'], answers: 'by-hand' })
  caller = await phone('1002', {})
})
afterAll(async () => {
  for (const one of phones) await one.stop()
  await engine?.stop()
  engine?.removeData()
})

const messages = async (): Promise<Json[]> =>
  (await engine.get(`/v1/voice/voicemail-boxes/${box}/messages`)).body.messages

const isRecording = () =>
  eventually(
    async () => (await engine.get('/v1/voice/recordings?status=in-progress')).body.recordings,
    (list) => list.some(({ source }: Json) => source === 'voicemail'),
  )

const seconds = (count: number) => new Promise((resolve) => setTimeout(resolve, count * 1_000))

async function audioOf({ id }: Json): Promise<Int16Array> {
  const path = `/v1/voice/voicemail-boxes/${box}/messages/${id}/media`
  const response = await fetch(engine.httpUrl + path, { headers: { 'x-api-key': engine.apiKey } })
  const { samples } = readWav(new Uint8Array(await response.arrayBuffer()))
  expect(samples).toHaveLength(1)
  return samples[0] ?? new Int16Array()
}

test('nobody answers: what the caller says is there to hear, and the lamp is on until it was heard', async () => {
  const dialledAtMs = performance.now()
  await caller.command('dial', `1001@127.0.0.1:${engine.sipPort}`)
  await isRecording()
  await seconds(5.5)
  await caller.command('hangup')
  const [message] = await eventually(messages, (list) => list.length === 1)
  const tookS = (performance.now() - dialledAtMs) / 1_000
  expect(message).toMatchObject({
    ...{ from: '1002', to: '1001', reason: 'no-answer', folder: 'new', box_id: box },
  })
  expect(message.duration).toBeGreaterThan(2)
  // Without the five seconds for which it rang, of which one is for rounding.
  expect(message.duration).toBeLessThan(tookS - 4)
  expect(likeness(says, await audioOf(message))).toBeGreaterThanOrEqual(0.95)
  await eventually(
    async () => callee.output(),
    (output) => /Messages-Waiting: yes[\s\S]*Voice-Message: 1\/0/.test(output),
  )
  const events = (await engine.get(`/v1/voice/calls/${message.call_id}/events`)).body.events
  expect(events.find(({ type }: Json) => type === 'call.redirected')?.data).toMatchObject({
    ...{ to: box, reason: 'no-answer', by: '1001' },
  })
  const path = `/v1/voice/voicemail-boxes/${box}/messages/${message.id}`
  await engine.send('PATCH', path, { heard: true })
  await eventually(
    async () => callee.output(),
    (output) => /Voice-Message: 0\/1/.test(output),
  )
})

test('the call is declined, and the engine killed in the midst of the message: it is there when the engine is back', async () => {
  await caller.command('dial', `1001@127.0.0.1:${engine.sipPort}`)
  await eventually(
    async () => callee.output(),
    (output) => (output.match(/Incoming call/g) ?? []).length === 2,
  )
  await callee.command('hangup')
  await isRecording()
  await seconds(5.5)
  const { dataDir, sipPort, httpPort } = engine
  await engine.stop('SIGKILL')
  engine = await startEngine(
    { RINGDOWN_SIP_PORT: String(sipPort), RINGDOWN_HTTP_PORT: String(httpPort) },
    dataDir,
  )
  const list = await eventually(messages, (all) => all.length === 2)
  const message = list.find(({ folder }: Json) => folder === 'new')
  expect(message).toMatchObject({ from: '1002', reason: 'busy' })
  expect(message.duration).toBeGreaterThan(2)
  expect(likeness(says, await audioOf(message))).toBeGreaterThanOrEqual(0.95)
  await caller.command('hangup')
})
