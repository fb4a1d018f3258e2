import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { wavHeader } from '../../engine/dsp/wav.ts'
import { type Application, startApplication } from '../support/application.ts'
import { DeskPhone } from '../support/desk-phone.ts'
import {
  type EngineProcess,
  eventually,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { bugsIn } from '../support/log-lines.ts'

const echo = '5005550140'
const answersAfter1s = '(500) 555-0151'
const answersAfter2s = '15005550152'
const rings = '5005550181'

let engine: EngineProcess
let application: Application
let token: string
beforeAll(async () => {
  application = await startApplication()
  engine = await startEngine({ RINGDOWN_ALLOWED_URL_TARGETS: '127.0.0.0/8' })
  const logIn = { username: 'anybody', password: engine.apiKey }
  const { status, body } = await engine.send('POST', '/v2/auth', logIn)
  expect(status).toBe(201)
  token = body.auth.token
})
afterEach(() => {
  expect(bugsIn(engine.output())).toEqual([])
})
afterAll(async () => {
  await application?.close()
  await engine?.stop()
  engine?.removeData()
})

const tts = {
  fonenumber: '5005550100',
  service_type: 'TTS',
  service_id: 'Hello, this is a test call',
}

/** Sends a call as a client of this API does: a form, the token in its own header. */
async function send(
  fields: Record<string, string>,
  more: { signal?: AbortSignal; prefer?: string } = {},
): Promise<{ status: number; body: Json }> {
  const { signal, prefer } = more
  const response = await fetch(`${engine.httpUrl}/v2/calls`, {
    method: 'POST',
    headers: { token, ...(prefer !== undefined && { prefer }) },
    body: new URLSearchParams({ ...tts, ...fields }),
    ...(signal && { signal }),
  })
  return { status: response.status, body: await response.json() }
}

const callNow = async (id: string): Promise<Json> =>
  (await engine.get(`/v1/voice/calls/${id}`)).body
const ended = (id: string) =>
  eventually(
    () => callNow(id),
    ({ status }) => !['queued', 'ringing', 'in-progress'].includes(status),
    30_000,
  )
const newest = async (): Promise<Json> => (await engine.get('/v1/voice/calls')).body.calls[0]
const total = async (): Promise<number> => (await engine.get('/v1/voice/calls')).body.total
const typesOf = async (id: string): Promise<string[]> => {
  const { body } = await engine.get(`/v1/voice/calls/${id}/events`)
  return body.events.map(({ type }: Json) => type)
}

describe('the answer is held until somebody picks up', () => {
  test('TTS: spoken after the answer, then the call is over', async () => {
    const { status, body } = await send({ to: answersAfter1s })
    expect(status).toBe(200)
    const { id } = body.call
    expect(body.call).toMatchObject({ fonenumber: '+15005550100', to: '+15005550151' })
    const call = await ended(id)
    expect(call).toMatchObject({ id, status: 'completed', answered_at: body.call.answered_at })
    expect(Date.parse(call.answered_at) - Date.parse(call.start_time)).toBeGreaterThanOrEqual(900)
    const types = await typesOf(id)
    expect(types.indexOf('verb.started')).toBeGreaterThan(types.indexOf('call.in-progress'))
  })

  test.each([
    ['busy', '5005550180', 409, 'callee_busy'],
    ['declines', '5005550182', 424, 'callee_rejected'],
    ['does not exist', '5005550183', 424, 'callee_rejected'],
    ['is out of service', '5005550184', 502, 'call_failed'],
  ])('%s: %s is %i', async (_, to, status, code) => {
    const answer = await send({ to })
    expect(answer).toMatchObject({ status, body: { statusCode: status, code } })
    expect(await callNow(answer.body.call.id)).toMatchObject({ to: `+1${to}` })
  })

  test('hung up by another API while it rings', async () => {
    const before = await total()
    const answer = send({ to: rings })
    await eventually(total, (now) => now > before)
    const { id } = await newest()
    await engine.send('DELETE', `/v1/voice/calls/${id}`)
    expect(await answer).toMatchObject({
      status: 409,
      body: { code: 'call_canceled', call: { id } },
    })
  })

  test('the client is gone, the call goes on', async () => {
    const before = await total()
    const client = new AbortController()
    const answer = send({ to: answersAfter2s }, { signal: client.signal })
    await eventually(total, (now) => now > before)
    client.abort()
    await expect(answer).rejects.toThrow()
    const { id } = await newest()
    expect(await callNow(id)).toMatchObject({ answered_at: null })
    expect(await ended(id)).toMatchObject({ status: 'completed', answered_at: expect.any(String) })
  })
})

test('Prefer: respond-async is answered while the phone rings', async () => {
  const { status, body } = await send({ to: rings }, { prefer: 'respond-async' })
  expect({ status, body }).toMatchObject({ status: 202, body: { call: { to: `+1${rings}` } } })
  expect(['queued', 'ringing']).toContain((await callNow(body.call.id)).status)
  await engine.send('DELETE', `/v1/voice/calls/${body.call.id}`)
})

test('SoundFile: one that can be played, and one that is none, for which nobody is called', async () => {
  application.on('/hello.wav', (response) => {
    response.writeHead(200, { 'content-type': 'audio/wav' }).end(silence(4_000))
  })
  const sound = { to: echo, service_type: 'SoundFile', service_id: `${application.url}/hello.wav` }
  const { status, body } = await send(sound)
  expect(status).toBe(200)
  expect(await ended(body.call.id)).toMatchObject({ status: 'completed' })
  const before = await total()
  application.on('/bad.wav', (response) => void response.writeHead(200).end('no sound at all'))
  const bad = await send({ ...sound, service_id: `${application.url}/bad.wav` })
  expect(bad).toMatchObject({ status: 400, body: { code: 'invalid_audio', field: 'service_id' } })
  expect(await total()).toBe(before)
})

test('Device and speed dial: its phone rings once the other one has answered, and they are connected', async () => {
  const login = { username: 'alice', password: 'password-of-alice' }
  expect((await engine.send('POST', '/v1/voice/devices', login)).status).toBe(201)
  const deviceOf = async (): Promise<Json> => {
    const { devices } = (await engine.get('/v2/devices')).body
    return devices.find(({ username }: Json) => username === 'alice')
  }
  const { id: service_id } = await deviceOf()
  const toAlice = { to: echo, service_type: 'Device', service_id }
  const off = await send(toAlice)
  expect(off).toMatchObject({ status: 409, body: { code: 'device_not_registered' } })
  const alice = await DeskPhone.open(engine.sipPort, login)
  await alice.register()
  expect(await deviceOf()).toMatchObject({ registered: true, speed_dial: '' })

  const answer = await send(toAlice)
  expect(answer.status).toBe(200)
  await alice.answer()
  const { id } = answer.body.call
  await eventually(
    () => typesOf(id),
    (types) => types.includes('bridge.started'),
  )
  await engine.send('DELETE', `/v1/voice/calls/${id}`)
  await alice.hungUp()

  const dial = { speed_dial: '101', service_type: 'Device', service_id }
  expect((await engine.send('POST', '/v2/speeddials', dial)).status).toBe(201)
  const [, called] = await Promise.all([alice.answer(), send({ to: '101' })])
  expect(called).toMatchObject({ status: 200, body: { call: { to: 'alice' } } })
  await alice.hungUp()
  alice.close()
})

function silence(samples: number): Buffer {
  const dataBytes = samples * 2
  const header = wavHeader({ rateHz: 8_000, channels: 1, format: 'pcm16', dataBytes })
  return Buffer.concat([header, Buffer.alloc(dataBytes)])
}
