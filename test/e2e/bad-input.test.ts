import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { readWav, wavHeader } from '../../engine/dsp/wav.ts'
import { type Application, startApplication } from '../support/application.ts'
import {
  type EngineProcess,
  eventually,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { likeness } from '../support/likeness.ts'
import { bugsIn } from '../support/log-lines.ts'
import { voice } from '../support/voice.ts'

const echo = '+15005550140'
const from = '+15005550100'
const agentPhone = '+15005550111'
const leadPhone = '+15005550130'
const nobody = '00000000-0000-4000-8000-000000000000'

let engine: EngineProcess
let prompts: Application
/** Where nobody may be led. */
let forbidden: Server
let forbiddenPort: number
let forbiddenAsked = 0

beforeAll(async () => {
  prompts = await startApplication()
  forbidden = createServer((_request, response) => {
    forbiddenAsked += 1
    response.end()
  }).listen(0, '::')
  await once(forbidden, 'listening')
  forbiddenPort = (forbidden.address() as AddressInfo).port
  engine = await startEngine({ RINGDOWN_ALLOWED_URL_TARGETS: new URL(prompts.url).host })
})
afterAll(async () => {
  await engine?.stop()
  engine?.removeData()
  await prompts?.close()
  forbidden?.close()
})
afterEach(() => {
  expect(bugsIn(engine.output())).toEqual([])
})

async function endedCall(id: string, withinMs = 30_000): Promise<Json> {
  return eventually(
    async () => (await engine.get(`/v1/voice/calls/${id}`)).body,
    (call) => call.end_time !== null,
    withinMs,
  )
}

/** Asks for calls that play these: what is said of each. Each is refused, and nobody is called. */
async function refused(urls: readonly string[]): Promise<string[]> {
  const callsNow = async () => (await engine.get('/v1/voice/calls?page_size=1')).body.total
  const before = await callsNow()
  const answers = await Promise.all(
    urls.map((url) => {
      const verbs = [{ verb: 'answer' }, { verb: 'play', url }]
      return engine.send('POST', '/v1/voice/calls', { to: echo, from, verbs })
    }),
  )
  expect(await callsNow()).toBe(before)
  return answers.map(({ status, body }) => {
    expect(status).toBe(400)
    return body.error.message
  })
}

/** After whatever was tried: a call in which a good prompt is heard, and recorded, on both channels. */
async function goodCall(): Promise<void> {
  const says = voice('agent')
  prompts.on('/good.wav', (response) => {
    response.writeHead(200, { 'content-type': 'audio/wav' }).end(wavOf(says))
  })
  const verbs = [
    { verb: 'play', url: `${prompts.url}/good.wav` },
    { verb: 'pause', length: 0.5 },
  ]
  const body = { to: echo, from, record: true, verbs }
  const { body: call } = await engine.send('POST', '/v1/voice/calls', body)
  const ended = await endedCall(call.id)
  expect(ended.status).toBe('completed')
  const response = await fetch(ended.recording_url, { headers: { 'x-api-key': engine.apiKey } })
  const { samples } = readWav(new Uint8Array(await response.arrayBuffer()))
  for (const channel of samples) expect(likeness(says, channel)).toBeGreaterThanOrEqual(0.95)
}

function wavOf(samples: Int16Array): Buffer {
  const dataBytes = samples.length * 2
  const header = wavHeader({ rateHz: 8_000, channels: 1, format: 'pcm16', dataBytes })
  return Buffer.concat([header, Buffer.from(samples.buffer, samples.byteOffset, dataBytes)])
}

const calls = '/v1/voice/calls'
const trigger = '/api/voice/trigger-call'
const lead = { leadPhone, leadName: 'Ann' }

describe('requests', () => {
  const cases: readonly [string, string, unknown, number, string][] = [
    [
      'agent not in E.164',
      trigger,
      { ...lead, agentPhone: '0412 345 678' },
      400,
      'invalid_phone_number',
    ],
    [
      'agent too long',
      trigger,
      { ...lead, agentPhone: '+1234567890123456' },
      400,
      'invalid_phone_number',
    ],
    ['agent and lead the same', trigger, { ...lead, agentPhone: leadPhone }, 400, 'same_number'],
    ['no agent', trigger, lead, 400, 'missing_parameter'],
    ['no lead name', trigger, { agentPhone, leadPhone }, 400, 'missing_parameter'],
    ['empty lead name', trigger, { ...lead, agentPhone, leadName: ' ' }, 400, 'missing_parameter'],
    ['lead name a number', trigger, { ...lead, agentPhone, leadName: 5 }, 400, 'invalid_request'],
    ['metadata a list', trigger, { ...lead, agentPhone, metadata: [] }, 400, 'invalid_request'],
    ['no route', trigger, { ...lead, agentPhone: '+4930123456' }, 422, 'no_route'],
    ['to not in E.164', calls, { to: '+0123', from }, 400, 'invalid_phone_number'],
    ['from unknown', calls, { to: echo, from: '+15005559999' }, 400, 'from_not_owned'],
    ['to without a route', calls, { to: '+4930123456', from }, 422, 'no_route'],
    ['a SIP address', calls, { to: 'sip:a@192.0.2.1', from }, 403, 'target_not_allowed'],
    ['nothing', calls, {}, 400, 'missing_parameter'],
    ['no from', calls, { to: echo }, 400, 'missing_parameter'],
    ['wrong types', calls, { to: [echo], from: 5 }, 400, 'invalid_request'],
    ['timeout too short', calls, { to: echo, from, timeout: 1 }, 400, 'invalid_request'],
    ['an unknown field', calls, { to: echo, from, recrod: true }, 400, 'unknown_parameter'],
    [
      'url and verbs',
      calls,
      { to: echo, from, url: 'http://a.example/', verbs: [] },
      400,
      'invalid_request',
    ],
    [
      'an unknown verb',
      calls,
      { to: echo, from, verbs: [{ verb: 'sing' }] },
      400,
      'invalid_request',
    ],
    ['a list', calls, [], 400, 'invalid_request'],
    ['null', calls, null, 400, 'invalid_request'],
    ['a call that is not there', `${calls}/${nobody}`, { status: 'completed' }, 404, 'not_found'],
    ['an id that is none', `${calls}/..%2F..%2Fetc`, { status: 'completed' }, 404, 'not_found'],
  ]
  test.each(cases)('%s', async (_name, path, body, status, code) => {
    const answer = await engine.send('POST', path, body)
    expect(answer).toMatchObject({ status, body: { error: { code } } })
    expect(answer.body.error.message).not.toBe('')
  })

  test.each([
    ['GET', 404],
    ['DELETE', 404],
  ])('%s of a call that is not there', async (method, status) => {
    expect((await engine.send(method, `${calls}/${nobody}`)).status).toBe(status)
  })

  const raw = (body: string, headers: Record<string, string>) =>
    fetch(engine.httpUrl + calls, { method: 'POST', body, headers })
  const key = { 'x-api-key': 'sk_live_engine_0123456789' }
  const json = { 'content-type': 'application/json' }

  test.each([
    ['no key', '{}', json, 401],
    ['a wrong key', '{}', { ...json, 'x-api-key': 'sk_live_engine_0123456780' }, 401],
    ['a key that goes on', '{}', { ...json, 'x-api-key': `${key['x-api-key']}0` }, 401],
    ['no JSON', '{"to":', { ...json, ...key }, 400],
    ['a form', 'to=1', { ...key, 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['deep brackets', '['.repeat(200_000), { ...json, ...key }, 400],
  ])('%s', async (_name, body, headers, status) => {
    const response = await raw(body, headers)
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ error: { code: expect.any(String) } })
  })

  test.each([2, 10, 40])('%i MB', async (megabytes) => {
    const body = JSON.stringify({ to: echo, from, verbs: 'x'.repeat(megabytes * 1_000_000) })
    const response = await raw(body, { ...json, ...key })
    expect(response.status).toBe(413)
    expect(await response.json()).toMatchObject({ error: { code: 'body_too_large' } })
  })

  test('10 MB without a length', async () => {
    const part = Buffer.alloc(100_000, ' ')
    const body = ReadableStream.from(Array.from({ length: 100 }, () => part))
    const response = await fetch(engine.httpUrl + calls, {
      ...{ method: 'POST', body, duplex: 'half', headers: { ...json, ...key } },
    })
    expect(response.status).toBe(413)
  })

  test('a call that is over can not be changed, only ended once more', async () => {
    const { body } = await engine.send('POST', calls, { to: '+15005550180', from })
    await endedCall(body.id)
    const path = `${calls}/${body.id}`
    for (const change of [{ status: 'completed' }, { status: 'canceled' }, { url: prompts.url }]) {
      const answer = await engine.send('POST', path, change)
      expect(answer).toMatchObject({ status: 409, body: { error: { code: 'call_ended' } } })
    }
    expect((await engine.send('DELETE', path)).status).toBe(204)
  })

  test('after all that a call is good', goodCall)
})

describe('addresses that are not for strangers', () => {
  const places = (port: number): string[] => [
    `http://127.0.0.1:${port}/`,
    `http://localhost:${port}/`,
    `http://[::1]:${port}/`,
    `http://[::ffff:127.0.0.1]:${port}/`,
    `http://2130706433:${port}/`,
    `http://0x7f.1:${port}/`,
    `http://0:${port}/`,
    'http://169.254.169.254/latest/meta-data/',
    'http://10.0.0.1/',
    'file:///etc/passwd',
    'not a url',
  ]

  test('are refused as prompts, instructions and callbacks', async () => {
    for (const url of places(forbiddenPort)) {
      const play = { verbs: [{ verb: 'gather', branches: { '1': [{ verb: 'play', url }] } }] }
      for (const where of [{ url }, { status_callback: url }, play]) {
        const answer = await engine.send('POST', calls, { to: echo, from, ...where })
        expect([url, answer.status]).toEqual([url, 400])
        expect(answer.body.error.code).toBe('url_not_allowed')
      }
    }
    expect(forbiddenAsked).toBe(0)
  })

  test('are refused as ends of redirects', async () => {
    const redirects = places(forbiddenPort).slice(0, -1)
    for (const [index, to] of redirects.entries()) {
      prompts.on(`/to/${index}`, (response) => response.writeHead(302, { location: to }).end())
    }
    const messages = await refused(redirects.map((_to, index) => `${prompts.url}/to/${index}`))
    for (const message of messages) expect(message).toMatch(/public address|redirect|URL/)
    expect(forbiddenAsked).toBe(0)
  })
})

describe('prompts that are none', () => {
  const says = wavOf(new Int16Array(8_000))
  const cases: readonly [string, (response: ServerResponse) => void, RegExp][] = [
    ['text', (response) => response.end('Hello, I am a text.\n'.repeat(50)), /RIFF|WAV/i],
    ['nothing', (response) => response.end(), /RIFF|WAV|empty/i],
    ['a header cut off', (response) => response.end(says.subarray(0, 20)), /: ./],
    ['a header alone', (response) => response.end(says.subarray(0, 44)), /: ./],
    ['a page that says 404', (response) => response.writeHead(404).end(), /404/],
    ['30 MB that never end', thirtyMegabytes, /larger/],
    [
      '30 MB by its own words',
      (response) => response.writeHead(200, { 'content-length': 30e6 }).write('RIFF'),
      /larger/,
    ],
    ['a closed connection', (response) => response.destroy(), /: ./],
    ['no answer', () => {}, /in time|timeout|within/i],
    ['a drop each second', drip, /in time|timeout|within/i],
  ]

  test('each is refused with a reason, within 12 s, and nobody is called', async () => {
    const startedMs = Date.now()
    for (const [index, [, answer]] of cases.entries()) prompts.on(`/bad/${index}`, answer)
    const messages = await refused(cases.map((_case, index) => `${prompts.url}/bad/${index}`))
    expect(Date.now() - startedMs).toBeLessThan(25_000)
    for (const [index, message] of messages.entries()) {
      const [name, , says] = cases[index]!
      expect(`${name}: ${message}`).toMatch(says)
    }
  })

  test('after them a call is good', goodCall)
})

function thirtyMegabytes(response: ServerResponse): void {
  const part = Buffer.alloc(1_000_000, 'RIFF')
  let left = 30
  const more = (): void => {
    while (left-- > 0 && !response.destroyed) if (!response.write(part)) return
    if (left < 0) response.end()
  }
  response.on('drain', more)
  more()
}

function drip(response: ServerResponse): void {
  const timer = setInterval(() => response.write('R'), 1_000)
  response.on('close', () => clearInterval(timer))
}
