import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { CallId } from '../../../engine/core/ids.ts'
import { type ApiLab, apiLab, callRecord, key, otherKey, ours, startMs, theirs } from './api-lab.ts'

let lab: ApiLab
beforeEach(async () => {
  lab = await apiLab()
})
afterEach(() => lab.close())

const id = '11111111-2222-4333-8444-555555555555'
const at = (offsetMs: number) => new Date(startMs + offsetMs).toISOString()
const post = (url: string, payload: unknown) =>
  lab.ask({ method: 'POST', url, payload: payload as object })
const errorOf = (body: unknown) => (body as { error: Record<string, string> }).error

describe('POST /v1/voice/calls', () => {
  test('defaults, 201 and the schema Call with null for what is not known', async () => {
    const { status, body, headers } = await post('/v1/voice/calls', {
      to: '+61412345678',
      from: '+15005550000',
    })
    expect(status).toBe(201)
    expect(headers['location']).toBe('/v1/voice/calls/aaaaaaaa-bbbb-4ccc-8ddd-000000000001')
    expect(body).toEqual({
      id: 'aaaaaaaa-bbbb-4ccc-8ddd-000000000001',
      status: 'queued',
      direction: 'outbound',
      from: '+15005550000',
      to: '+61412345678',
      duration: null,
      start_time: at(0),
      answered_at: null,
      end_time: null,
      price: null,
      price_unit: null,
      recording_url: null,
      url: null,
      status_callback: null,
      answered_by: null,
      answered_by_detail: null,
      end_reason: null,
      gathered_digits: null,
      quality: null,
      sip_headers: {},
      diversion: [],
      parent_call_id: null,
      created_at: at(0),
    })
    expect(lab.centre.asked).toEqual([
      {
        what: 'placeCall',
        request: {
          to: '+61412345678',
          from: '+15005550000',
          method: 'POST',
          record: false,
          ringTimeoutMs: 30_000,
        },
      },
    ])
  })

  test('every field arrives, seconds as milliseconds', async () => {
    await post('/v1/voice/calls', {
      to: 'sip:echo@example.net',
      from: 'desk',
      status_callback: 'https://app.example/s',
      method: 'GET',
      timeout: 5,
      record: true,
      verbs: [{ verb: 'pause', length: 1.5 }, { verb: 'hangup' }],
    })
    expect(lab.centre.asked[0]?.request).toEqual({
      to: 'sip:echo@example.net',
      from: 'desk',
      method: 'GET',
      record: true,
      ringTimeoutMs: 5_000,
      statusCallback: 'https://app.example/s',
      verbs: [{ verb: 'pause', durationMs: 1500 }, { verb: 'hangup' }],
    })
  })

  const good = { to: '+61412345678', from: '+15005550000' }
  test.each([
    ['no body', undefined, 'invalid_request', undefined],
    ['an empty object', {}, 'missing_parameter', 'to'],
    ['no from', { to: good.to }, 'missing_parameter', 'from'],
    ['a number as to', { ...good, to: 1 }, 'invalid_request', 'to'],
    ['an unknown field', { ...good, machine: true }, 'unknown_parameter', 'machine'],
    ['a verb in lower case', { ...good, method: 'get' }, 'invalid_request', 'method'],
    ['timeout 4', { ...good, timeout: 4 }, 'invalid_request', 'timeout'],
    ['timeout 601', { ...good, timeout: 601 }, 'invalid_request', 'timeout'],
    ['timeout 30.5', { ...good, timeout: 30.5 }, 'invalid_request', 'timeout'],
    ['timeout as text', { ...good, timeout: '30' }, 'invalid_request', 'timeout'],
    ['record as text', { ...good, record: 'true' }, 'invalid_request', 'record'],
    ['null', { ...good, url: null }, 'invalid_request', 'url'],
    ['an array', [good], 'invalid_request', undefined],
    ['url and verbs', { ...good, url: 'https://a.example', verbs: [] }, 'invalid_request', 'verbs'],
    ['an unknown verb', { ...good, verbs: [{ verb: 'sing' }] }, 'invalid_request', undefined],
  ])('%s is refused and makes nothing', async (_name, payload, code, field) => {
    const { status, body } = await post('/v1/voice/calls', payload)
    expect(status).toBe(400)
    expect(errorOf(body)).toMatchObject({ code, ...(field && { field }) })
    expect(errorOf(body)['request_id']).toMatch(/^req_[0-9a-f]{32}$/)
    expect(lab.centre.asked).toEqual([])
  })
})

describe('GET /v1/voice/calls', () => {
  test('newest first, with totals and pages', async () => {
    for (let n = 0; n < 3; n++) {
      const call = { id: `${n}${id.slice(1)}` as CallId, startedAtMs: startMs + n, createdAtMs: n }
      await lab.put(callRecord({ ...call, createdAtMs: startMs + n }))
    }
    const { body } = await lab.ask({ url: '/v1/voice/calls?page=1&page_size=2' })
    expect(body).toMatchObject({ total: 3, page: 1, page_size: 2 })
    const ids = (body as { calls: { id: string }[] }).calls.map((call) => call.id)
    expect(ids).toEqual([`2${id.slice(1)}`, `1${id.slice(1)}`])
    const second = await lab.ask({ url: '/v1/voice/calls?page=2&page_size=2' })
    expect((second.body as { calls: unknown[] }).calls).toHaveLength(1)
  })

  const day = Date.UTC(2026, 0, 2)
  test.each([
    ['', {}],
    ['page_size=100', { pageSize: 100 }],
    ['status=no-answer&direction=inbound', { status: 'no-answer', direction: 'inbound' }],
    ['from=%2B61%20412%20345%20678', { from: '+61412345678' }],
    ['to=+61412345678', { to: '+61412345678' }],
    ['to=sip:a@b.example', { to: 'sip:a@b.example' }],
    ['start_time=2026-01-02', { startAfterMs: day - 1, startBeforeMs: day + 86_400_000 }],
    ['start_time_after=2026-01-02T00:00:00Z', { startAfterMs: day }],
    ['start_time_before=2026-01-02T01:00:00%2B01:00', { startBeforeMs: day }],
  ])('?%s', async (query, filter) => {
    const { status } = await lab.ask({ url: `/v1/voice/calls?${query}` })
    expect(status).toBe(200)
    expect(lab.centre.asked).toEqual([
      { what: 'listCalls', request: { page: 1, pageSize: 50, ...filter } },
    ])
  })

  test.each([
    ['page=0', 'page'],
    ['page=-1', 'page'],
    ['page=x', 'page'],
    ['page=1.5', 'page'],
    ['page_size=0', 'page_size'],
    ['page_size=101', 'page_size'],
    ['page=1&page=2', 'page'],
    ['status=active', 'status'],
    ['direction=Inbound', 'direction'],
    ['start_time=yesterday', 'start_time'],
    ['start_time=2026-02-31T00:00:00Z', 'start_time'],
    ['start_time_after=soon', 'start_time_after'],
    ['colour=red', 'colour'],
  ])('?%s is refused', async (query, field) => {
    const { status, body } = await lab.ask({ url: `/v1/voice/calls?${query}` })
    expect([status, errorOf(body)['field']]).toEqual([400, field])
  })
})

describe('GET /v1/voice/calls/{id}', () => {
  test('an ended call: duration from the answer, price as a charge', async () => {
    await lab.put(
      callRecord({
        status: 'completed',
        answeredAtMs: startMs + 5_000,
        endedAtMs: startMs + 66_400,
        endReason: 'hangup:remote',
      }),
    )
    const { body } = await lab.ask({ url: `/v1/voice/calls/${id}` })
    expect(body).toMatchObject({
      status: 'completed',
      duration: 61,
      answered_at: at(5_000),
      end_time: at(66_400),
      price: '-0.20',
      price_unit: 'AUD',
      end_reason: 'hangup:remote',
    })
  })

  test('an unanswered call is free', async () => {
    await lab.put(callRecord({ status: 'busy', endedAtMs: startMs }))
    const { body } = await lab.ask({ url: `/v1/voice/calls/${id}` })
    expect(body).toMatchObject({ duration: 0, price: '0.00', price_unit: 'AUD' })
  })

  test.each([
    ['unknown', id],
    ['not an id', 'x'],
    ['upper case', id.toUpperCase()],
    ['an injection', "1'%20or%20'1'='1"],
    ['very long', 'a'.repeat(5000)],
  ])('%s is 404', async (_name, wanted) => {
    const { status, body } = await lab.ask({ url: `/v1/voice/calls/${wanted}` })
    expect([status, errorOf(body)['code']]).toEqual([404, 'not_found'])
  })

  test("another account's call is 404", async () => {
    await lab.put(callRecord({ accountId: theirs.id }))
    expect((await lab.ask({ url: `/v1/voice/calls/${id}` })).status).toBe(404)
    const headers = { 'x-api-key': otherKey }
    expect((await lab.ask({ url: `/v1/voice/calls/${id}`, headers })).status).toBe(200)
  })
})

describe('POST and DELETE /v1/voice/calls/{id}', () => {
  test.each([
    [{ status: 'completed' }, { status: 'completed' }],
    [{ status: 'canceled' }, { status: 'canceled' }],
    [{ url: 'https://app.example/' }, { url: 'https://app.example/', method: 'POST' }],
    [
      { url: 'https://app.example/', method: 'GET' },
      { url: 'https://app.example/', method: 'GET' },
    ],
  ])('%j', async (payload, request) => {
    await lab.put(callRecord({ status: 'in-progress', answeredAtMs: startMs }))
    const { status } = await post(`/v1/voice/calls/${id}`, payload)
    expect(status).toBe(200)
    expect(lab.centre.asked).toEqual([{ what: 'updateCall', request }])
  })

  test.each([
    [{}, 'missing_parameter'],
    [{ status: 'busy' }, 'invalid_request'],
    [{ status: 'completed', url: 'https://app.example/' }, 'invalid_request'],
    [{ method: 'GET' }, 'missing_parameter'],
    [{ status: 'completed', method: 'GET' }, 'invalid_request'],
    [{ muted: 'yes' }, 'invalid_request'],
    [{ muted: true, hold: true }, 'invalid_request'],
    [{ loud: true }, 'unknown_parameter'],
    [undefined, 'invalid_request'],
  ])('%j is refused', async (payload, code) => {
    await lab.put(callRecord({ status: 'in-progress', answeredAtMs: startMs }))
    const { status, body } = await post(`/v1/voice/calls/${id}`, payload)
    expect([status, errorOf(body)['code']]).toEqual([400, code])
    expect(lab.centre.asked).toEqual([])
  })

  test('an ended call: 409 to update, 204 to end, again and again', async () => {
    await lab.put(callRecord({ status: 'completed', endedAtMs: startMs }))
    const { status, body } = await post(`/v1/voice/calls/${id}`, { status: 'completed' })
    expect([status, errorOf(body)['code']]).toEqual([409, 'call_ended'])
    for (let n = 0; n < 2; n++) {
      const answer = await lab.ask({ method: 'DELETE', url: `/v1/voice/calls/${id}` })
      expect(answer).toMatchObject({ status: 204, body: '' })
    }
  })

  test('an unknown call is 404', async () => {
    expect((await post(`/v1/voice/calls/${id}`, { status: 'completed' })).status).toBe(404)
    expect((await lab.ask({ method: 'DELETE', url: `/v1/voice/calls/${id}` })).status).toBe(404)
  })

  test('a client that says JSON and sends nothing may still delete', async () => {
    await lab.put(callRecord())
    const headers = { 'x-api-key': key, 'content-type': 'application/json' }
    const url = `/v1/voice/calls/${id}`
    expect((await lab.ask({ method: 'DELETE', url, headers })).status).toBe(204)
  })
})

test('GET /v1/voice/calls/{id}/events tells of the call and of those that it dialed', async () => {
  const child = '21111111-2222-4333-8444-555555555555' as CallId
  const parent = id as CallId
  await lab.put(callRecord(), [{ type: 'call.queued', callId: parent, atMs: startMs, data: {} }])
  await lab.put(callRecord({ id: child, parentId: parent }), [
    { type: 'call.queued', callId: child, atMs: startMs + 1, data: {} },
  ])
  await lab.put(callRecord(), [
    {
      type: 'digit.received',
      callId: parent,
      atMs: startMs + 2,
      data: { digit: '1', recordingId: 'x' },
    },
  ])
  const { status, body } = await lab.ask({ url: `/v1/voice/calls/${id}/events` })
  expect(status).toBe(200)
  expect(body).toMatchObject({
    events: [
      { sequence: 1, type: 'call.queued', call_id: parent, at: at(0), data: {} },
      { sequence: 2, type: 'call.queued', call_id: child, at: at(1), data: {} },
      {
        sequence: 3,
        type: 'digit.received',
        call_id: parent,
        at: at(2),
        data: { digit: '1', recording_id: 'x' },
      },
    ],
    legs: [{ id: parent }, { id: child, parent_call_id: parent }],
  })
  expect(ours.id).not.toBe(theirs.id)
})

describe('what goes on in a call', () => {
  test('is told of one that is on, and null of one that is over', async () => {
    await lab.store.calls.commit(callRecord({ id: id as CallId }), [])
    const now = async () =>
      ((await lab.ask({ url: `/v1/voice/calls/${id}` })).body as { live: unknown }).live
    expect(await now()).toBeNull()
    lab.centre.liveState = {
      ...{ isMuted: true, isDeaf: false, isHeld: true, slot: '701', talksTo: null },
      ...{ recording: 'masked', isListenedTo: false },
    }
    expect(await now()).toEqual({
      ...{ muted: true, deaf: false, held: true, parked_on: '701', connected_with: null },
      ...{ recording: 'masked', listened_to: false },
    })
  })
})
