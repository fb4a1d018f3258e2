import { afterEach, beforeEach, expect, test } from 'vitest'
import { Failure } from '../../../engine/core/failures.ts'
import { type ApiLab, apiLab, key, otherKey, ours } from './api-lab.ts'

let lab: ApiLab
let id: string
beforeEach(async () => {
  lab = await apiLab()
  const reply = await post('/v1/voice/calls', { to: '+61498765432', from: '+15005550000' })
  id = reply.json().id
  lab.centre.asked.length = 0
})
afterEach(() => lab.close())

const post = (url: string, payload?: object, apiKey = key) =>
  lab.app.inject({
    method: 'POST',
    url,
    headers: { 'x-api-key': apiKey },
    ...(payload === undefined ? {} : { payload }),
  })

test('hold and unhold', async () => {
  for (const [path, held] of [
    ['hold', true],
    ['unhold', false],
  ] as const) {
    const reply = await post(`/v1/voice/calls/${id}/${path}`)
    expect(reply.statusCode).toBe(200)
    expect(reply.json()).toMatchObject({ id })
    expect(lab.centre.asked.pop()).toEqual({ what: 'holdCall', request: held })
  }
})

test('a transfer bridges unless it says otherwise', async () => {
  const path = `/v1/voice/calls/${id}/transfer`
  expect((await post(path, { to: '1002' })).statusCode).toBe(202)
  expect(lab.centre.asked.pop()?.request).toEqual({ to: '1002', mode: 'bridge' })
  expect((await post(path, { to: '+15005550140', mode: 'refer' })).statusCode).toBe(202)
  expect(lab.centre.asked.pop()?.request).toEqual({ to: '+15005550140', mode: 'refer' })
})

test.each([
  ['no target', {}],
  ['an empty target', { to: '' }],
  ['an unknown mode', { to: '1002', mode: 'magic' }],
  ['an unknown field', { to: '1002', target: 'x' }],
])('a transfer with %s is refused', async (_what, body) => {
  const reply = await post(`/v1/voice/calls/${id}/transfer`, body)
  expect(reply.statusCode).toBe(400)
  expect(lab.centre.asked).toEqual([])
})

test.each([
  ['call_ended', 409],
  ['call_not_answered', 409],
  ['call_busy', 409],
  ['call_failed', 502],
  ['invalid_phone_number', 400],
] as const)('%s is answered with %i', async (code, status) => {
  for (const [path, body] of [
    ['hold', undefined],
    ['transfer', { to: '1002' }],
  ] as const) {
    lab.centre.refuse = new Failure(code, 'no')
    const reply = await post(`/v1/voice/calls/${id}/${path}`, body)
    expect(reply.statusCode).toBe(status)
    expect(reply.json().error.code).toBe(code)
  }
})

test('conference_id takes a call into a conference, alone', async () => {
  const conference = await lab.conferences.create(ours, {})
  const conference_id = conference.id
  const reply = await post(`/v1/voice/calls/${id}`, { conference_id })
  expect([reply.statusCode, reply.json().id]).toEqual([200, id])
  expect(lab.conferences.asked.at(-1)).toEqual({
    ...{ what: 'bring', request: { callId: id, options: {} } },
  })
  const more = await post(`/v1/voice/calls/${id}`, { conference_id, hold: true })
  expect([more.statusCode, more.json().error.field]).toEqual([400, 'hold'])
  for (const nowhere of ['x', id]) {
    const none = await post(`/v1/voice/calls/${id}`, { conference_id: nowhere })
    expect(none.statusCode).toBe(404)
  }
})

test('calls of others and of nobody are not found', async () => {
  for (const path of ['hold', 'unhold', 'transfer']) {
    const body = path === 'transfer' ? { to: '1002' } : undefined
    expect((await post(`/v1/voice/calls/${id}/${path}`, body, otherKey)).statusCode).toBe(404)
    expect((await post(`/v1/voice/calls/nonsense/${path}`, body)).statusCode).toBe(404)
  }
})

test.each([
  [{ hold: true }, 'holdCall', true],
  [{ hold: false }, 'holdCall', false],
  [{ transfer: { to: '1002' } }, 'transferCall', { to: '1002', mode: 'bridge' }],
])('%j in an update', async (body, what, request) => {
  expect((await post(`/v1/voice/calls/${id}`, body)).statusCode).toBe(200)
  expect(lab.centre.asked.pop()).toEqual({ what, request })
})

test.each([
  { hold: true, status: 'completed' },
  { hold: true, transfer: { to: '1002' } },
  { transfer: { to: '1002' }, url: 'https://app.example/' },
  { hold: 'yes' },
  { transfer: '1002' },
])('%j is refused', async (body) => {
  expect((await post(`/v1/voice/calls/${id}`, body)).statusCode).toBe(400)
  expect(lab.centre.asked).toEqual([])
})
