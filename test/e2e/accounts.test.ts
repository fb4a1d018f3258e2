/** One request, one call: also when the engine dies between the acceptance and the answer. Secrets stay secret. */
import { afterAll, expect, test } from 'vitest'
import {
  type EngineProcess,
  eventually,
  type Json,
  startEngine,
} from '../support/engine-process.ts'

let engine: EngineProcess | undefined
afterAll(async () => {
  await engine?.stop()
  engine?.removeData()
})

const key = 'b7f0c0de-0000-4000-8000-000000000001'
/** Rings and never answers: the request waits for as long. */
const rings = '+15005550181'

const call = (of: EngineProcess, path: string, body: object): Promise<Response> =>
  fetch(of.httpUrl + path, {
    method: 'POST',
    headers: {
      token: of.apiKey,
      'x-api-key': of.apiKey,
      'idempotency-key': key,
      'content-type': 'application/json',
    },
    body: JSON.stringify(body),
  })

const callsTo = async (of: EngineProcess): Promise<Json[]> =>
  (await of.get(`/v1/voice/calls?to=${encodeURIComponent(rings)}`)).body.calls

test('killed before the answer: the same request again finds the call and dials nobody', async () => {
  engine = await startEngine()
  const { dataDir } = engine
  const request = {
    ...{ fonenumber: '+15005550100', to: rings },
    ...{ service_type: 'TTS', service_id: 'Hello' },
  }
  const lost = call(engine, '/v2/calls', request).then(
    () => 'answered',
    () => 'lost',
  )
  const [ringing] = await eventually(
    () => callsTo(engine!),
    ([first]) => first?.status === 'ringing',
  )
  await engine.stop('SIGKILL')
  expect(await lost).toBe('lost')

  engine = await startEngine({ RINGDOWN_LOG_LEVEL: 'debug' }, dataDir)
  const again = await call(engine, '/v2/calls', request)
  const told = (await again.json()) as Json
  expect(again.headers.get('idempotency-replayed')).toBe('true')
  expect([again.status >= 400, told.call.id]).toEqual([true, ringing.id])
  const after = await callsTo(engine)
  expect(after.map(({ id, end_reason }: Json) => [id, end_reason])).toEqual([
    [ringing.id, 'process_restarted'],
  ])
  // Once more: now the answer itself is kept.
  const third = await call(engine, '/v2/calls', request)
  expect([third.status, third.headers.get('idempotency-replayed')]).toEqual([again.status, 'true'])
  expect(await callsTo(engine)).toHaveLength(1)
})

test('no key and no password is in a log, an event, an error, a list or a figure', async () => {
  const { httpUrl, get, send, output } = engine!
  const secrets: string[] = []
  const keep = (secret: unknown): string => {
    expect(secret).toEqual(expect.any(String))
    secrets.push(String(secret))
    return String(secret)
  }
  const errors: string[] = []
  const wrong = async (path: string, init: RequestInit): Promise<void> => {
    const answer = await fetch(httpUrl + path, init)
    expect(answer.status).toBeGreaterThanOrEqual(400)
    errors.push(await answer.text(), JSON.stringify([...answer.headers]))
  }
  const json = { 'content-type': 'application/json' }

  const password = keep('Marked-device-password-1')
  const device = { username: 'marked', password }
  const { body: made } = await send('POST', '/v1/voice/devices', device)
  const { body: renewed } = await send('POST', `/v1/voice/devices/${made.id}/password`, {})
  keep(renewed.password)
  const { body: login } = await send('POST', `/v1/voice/devices/${made.id}/tokens`, {})
  keep(login.token)
  const trunkPassword = keep('Marked-trunk-password-1')
  const trunk = { name: 'carrier', host: '127.0.0.1', port: 9, username: 'us' }
  await send('POST', '/v1/voice/trunks', { ...trunk, password: trunkPassword, register: true })
  const { body: key } = await send('POST', '/v1/voice/keys', { name: 'marked' })
  keep(key.key)
  const { body: hook } = await send('POST', '/v1/voice/webhooks', {
    ...{ url: 'https://app.example/', events: ['call.*'] },
  })
  keep(hook.secret)
  const pin = keep('8374615209')
  await send('POST', '/v1/voice/conferences', { friendly_name: 'marked', pin })
  const session = await fetch(`${httpUrl}/v1/voice/sessions`, {
    ...{ method: 'POST', headers: json, body: JSON.stringify({ key: key.key }) },
  })
  const cookie = session.headers.get('set-cookie')?.split(';')[0] ?? ''
  keep(cookie.split('=')[1])

  const guess = keep('sk_live_marked_guess_0123')
  const all = { 'x-api-key': engine!.apiKey, ...json }
  await wrong('/v1/voice/calls', { headers: { 'x-api-key': guess } })
  await wrong('/v2/auth', {
    ...{ method: 'POST', headers: json },
    body: JSON.stringify({ username: 'me', password: guess }),
  })
  await wrong('/v1/voice/devices/marked/contacts', {
    headers: { authorization: `Basic ${Buffer.from(`marked:${guess}`).toString('base64')}` },
  })
  await wrong('/v1/voice/calls', { headers: { cookie: `${cookie}x` } })
  for (const [path, body] of [
    ['/v1/voice/devices', device],
    ['/v1/voice/devices', { ...device, username: '#', srtp: 'x' }],
    ['/v1/voice/trunks', { ...trunk, password: trunkPassword, host: '#' }],
    ['/v1/voice/conferences', { friendly_name: 'x', pin: `${pin}x` }],
    ['/v1/voice/sessions', { key: guess, more: 1 }],
  ] as const) {
    await wrong(path, { method: 'POST', headers: all, body: JSON.stringify(body) })
    await wrong(path, { method: 'POST', headers: all, body: `${JSON.stringify(body)}}` })
  }

  const lists = ['devices', 'trunks', 'keys', 'webhooks', 'accounts', 'events?page_size=100']
  const shown = await Promise.all(
    lists.map(async (list) => JSON.stringify((await get(`/v1/voice/${list}`)).body)),
  )
  const metrics = await (await fetch(`${httpUrl}/metrics`)).text()
  const everything = { log: output(), errors: errors.join('\n'), metrics, lists: shown.join('\n') }
  for (const [where, text] of Object.entries(everything)) {
    const found = secrets.filter((secret) => text.includes(secret))
    expect([where, found]).toEqual([where, []])
  }
})
