/** Keys at the WebSocket: what they may, and that connections end with them. */
import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { telefonie } from '../../../../engine/api/dialects/telefonie/index.ts'
import { type RunningApi, startApi } from '../../../../engine/api/server.ts'
import type { CallId, KeyId } from '../../../../engine/core/ids.ts'
import { type ApiLab, apiLab, callRecord, otherKey, ours, startMs, theirs } from '../api-lab.ts'
import { SocketClient, urlOf } from './socket-lab.ts'

let lab: ApiLab
let api: RunningApi
beforeEach(async () => {
  lab = await apiLab()
  api = await startApi({ ...lab.options, dialects: [telefonie] })
})
afterEach(async () => {
  await api.close()
  await lab.close()
})

const open = (headers: Record<string, string>) =>
  SocketClient.open(urlOf(api, '/v1/voice/ws'), { headers })
const byKey = (key: string) => open({ 'x-api-key': key })
const ask = async (method: 'POST' | 'PATCH' | 'DELETE', path: string, payload?: object) => {
  const request = { method, url: `/v1/voice${path}`, ...(payload && { payload }) }
  return (await lab.ask(request)).body as Record<string, string>
}
const isoIn = (ms: number): string => new Date(startMs + ms).toISOString()
const call = { to: '+61412345678', from: '+15005550000' }
const initiate = (id: number, more: object = {}) => ({
  id,
  do: 'initiateCall',
  body: call,
  ...more,
})

test('a connection ends with its key; others stay', async () => {
  const { id, key } = await ask('POST', '/keys', {})
  const [theirs, others] = [await byKey(key!), await byKey(otherKey)]
  await ask('DELETE', `/keys/${id}`)
  expect(await theirs.closed).toMatchObject({ code: 4401 })
  expect(await others.ask({ id: 1, do: 'getOwnAccount' })).toMatchObject({ ok: true })
})

test('and with its account', async () => {
  const client = await byKey(otherKey)
  await ask('PATCH', `/accounts/${theirs.id}`, { status: 'suspended' })
  expect(await client.closed).toMatchObject({ code: 4401 })
  await expect(byKey(otherKey)).rejects.toThrow('refused with 403')
})

test('and when the key is over, also where that is said while it is open', async () => {
  const { id, key } = await ask('POST', '/keys', { expires_at: isoIn(86_400_000) })
  const client = await byKey(key!)
  const headers = { 'x-api-key': key!, accept: 'text/event-stream' }
  const feed = await fetch(`http://127.0.0.1:${api.port}/v1/voice/events`, { headers })
  await ask('PATCH', `/keys/${id}`, { expires_at: isoIn(50) })
  expect(await client.closed).toMatchObject({ code: 4401 })
  expect(await feed.text()).toContain('event: live')
})

test('and with the session that opened it', async () => {
  const { id, key } = await ask('POST', '/keys', {})
  const content = { accountId: ours.id, kind: 'session', subject: null, businesses: undefined }
  const token = await lab.options.services.tokens.issue({ ...content, keyId: id as KeyId }, 1)
  const cookie = `ringdown_session=${token}`
  const client = await open({ cookie, origin: `http://127.0.0.1:${api.port}` })
  const other = await byKey(key!)
  expect(await client.closed).toMatchObject({ code: 4401 })
  expect(await other.ask({ id: 1, do: 'getOwnAccount' })).toMatchObject({ ok: true })
})

test('who may read no more follows nothing any more', async () => {
  const { id, key } = await ask('POST', '/keys', {})
  const client = await byKey(key!)
  const headers = { 'x-api-key': key!, accept: 'text/event-stream' }
  const feed = await fetch(`http://127.0.0.1:${api.port}/v1/voice/events`, { headers })
  await client.ask({ id: 'f', do: 'follow', params: { events: {} } })
  await ask('PATCH', `/keys/${id}`, { scopes: ['calls'] })
  await vi.waitFor(() => expect(client.told).toContainEqual({ follow: 'f', ended: true }), {
    timeout: 30_000,
  })
  await feed.text()
  expect(await client.ask(initiate(1))).toMatchObject({ ok: true })
})

test('scopes count, and change while it is open', async () => {
  const { id, key } = await ask('POST', '/keys', { scopes: ['read'] })
  const client = await byKey(key!)
  const refused = { ok: false, status: 403, error: { code: 'forbidden' } }
  expect(await client.ask(initiate(1))).toMatchObject(refused)
  await ask('PATCH', `/keys/${id}`, { scopes: ['calls'] })
  expect(await client.ask(initiate(2))).toMatchObject({ ok: true, status: 201 })
  expect(await client.ask({ id: 3, do: 'listCalls' })).toMatchObject(refused)
})

test('idempotency_key: done once, whoever of the two ways is asked', async () => {
  const client = await byKey(otherKey)
  const more = { idempotency_key: 'once' }
  const made = await client.ask(initiate(1, more))
  expect(made).not.toHaveProperty('replayed')
  expect(await client.ask(initiate(2, more))).toEqual({ ...made, id: 2, replayed: true })
  const answer = await lab.app.inject({
    ...{ method: 'POST', url: '/v1/voice/calls', payload: call },
    headers: { 'x-api-key': otherKey, 'idempotency-key': 'once' },
  })
  expect(answer.headers['idempotency-replayed']).toBe('true')
  expect(answer.json()).toEqual(made.result)
  const other = initiate(3, { ...more, body: { ...call, to: '+61412345679' } })
  expect(await client.ask(other)).toMatchObject({ error: { code: 'idempotency_conflict' } })
  expect(await client.ask(initiate(4, { idempotency_key: 4 }))).toMatchObject({ status: 400 })
  expect(lab.centre.asked.filter(({ what }) => what === 'placeCall')).toHaveLength(1)
})

test('too much is told with the seconds to wait', async () => {
  await ask('PATCH', `/accounts/${theirs.id}`, { requests_per_second: 2 })
  const client = await byKey(otherKey)
  const answers = []
  for (const id of [1, 2]) answers.push(await client.ask({ id, do: 'getOwnAccount' }))
  expect(answers).toMatchObject([{ ok: true }, { status: 429, retry_after: 1 }])
})

test('a session opens it for pages of this very place', async () => {
  const answer = await lab.app.inject({
    ...{ method: 'POST', url: '/v1/voice/sessions', payload: { key: otherKey } },
  })
  const cookie = String(answer.headers['set-cookie']).split(';')[0] ?? ''
  const client = await open({ cookie, origin: `http://127.0.0.1:${api.port}` })
  expect(await client.ask({ id: 1, do: 'getOwnAccount' })).toMatchObject({
    result: { id: theirs.id },
  })
  const elsewhere = open({ cookie, origin: `http://127.0.0.1:${api.port + 1}` })
  await expect(elsewhere).rejects.toThrow('refused with 403')
})

test('a stream of audio ends with its key, or when that is for calls no more', async () => {
  const { id: callId } = await lab.put(callRecord())
  const streamBy = async (key: string) => {
    const headers = { 'x-api-key': key }
    return SocketClient.open(urlOf(api, `/v1/voice/calls/${callId}/media`), { headers })
  }
  const made = [await ask('POST', '/keys', {}), await ask('POST', '/keys', {})]
  const [first, second] = await Promise.all(made.map(({ key }) => streamBy(key!)))
  await ask('DELETE', `/keys/${made[0]?.['id']}`)
  expect(await first?.closed).toMatchObject({ code: 4401 })
  await ask('PATCH', `/keys/${made[1]?.['id']}`, { scopes: ['read'] })
  expect(await second?.closed).toMatchObject({ code: 4401 })
})

test('a test key gets no stream of a call that a live key has made', async () => {
  const { key } = await ask('POST', '/keys', { test: true })
  const streamOf = (callId: string) =>
    SocketClient.open(urlOf(api, `/v1/voice/calls/${callId}/media`), {
      headers: { 'x-api-key': key! },
    })
  await expect(streamOf((await lab.put(callRecord())).id)).rejects.toThrow('refused with 403')
  const ofTest = await lab.put(callRecord({ id: randomUUID() as CallId, isTest: true }))
  await expect(streamOf(ofTest.id)).resolves.toBeInstanceOf(SocketClient)
})
