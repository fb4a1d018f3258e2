import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { news } from '../../../engine/api/dialects/telefonie/news.ts'
import type { LiveCall } from '../../../engine/app/live-call.ts'
import { WaitingCall } from '../../../engine/app/queues/waiting-call.ts'
import { freshCall } from '../../../engine/core/call.ts'
import type { CallId, QueueId } from '../../../engine/core/ids.ts'
import { type ApiLab, apiLab, otherKey, ours } from './api-lab.ts'

let lab: ApiLab
beforeEach(async () => {
  lab = await apiLab()
})
afterEach(() => lab.close())

const base = '/v1/voice/queues'
type Body = Record<string, unknown> & { id: string }
const post = async (url: string, payload: object = {}) => {
  const { status, body } = await lab.ask({ method: 'POST', url, payload })
  return { status, body: body as Body }
}
const make = async (wanted: object = {}) => (await post(base, { name: 'support', ...wanted })).body

/** Somebody waits, who is nowhere else. */
function waits(id: string, from: string, priority = 0): string {
  const queue = lab.queues.calls.queues.get(id as QueueId)!
  const callId = `bbbbbbbb-bbbb-4ccc-8ddd-${from.slice(-11).padStart(12, '0')}` as CallId
  const record = freshCall({
    ...{ id: callId, accountId: ours.id, direction: 'inbound' as const, from },
    ...{ to: '+15005550100', createdAtMs: lab.time.nowMs },
  })
  const call = { id: callId, record, state: { at: 'up' } } as unknown as LiveCall
  const sequence = queue.nextSequence()
  queue.add(new WaitingCall(call, sequence, lab.time.nowMs, priority, { topic: 'x' }))
  return callId
}

test('a queue with all its defaults', async () => {
  const { status, body } = await post(base, { name: 'support' })
  expect(status).toBe(201)
  expect(body).toMatchObject({
    ...{ name: 'support', max_size: 100, strategy: 'longest-idle', wait_music_url: null },
    ...{ wait_url: null, announce_every: null, max_wait: 3_600, ring_timeout: 20, retry_delay: 5 },
    ...{ confirm: false, service_level_within: 20, waiting: 0, ringing: 0, talking: 0, agents: [] },
    ...{ language: null, voice: null, announce_wait: false },
    figures: { entered: 0, answered: 0, abandoned: 0, service_level: null, average_wait: 0 },
  })
  expect((await lab.ask({ url: `${base}/${body.id}` })).body).toEqual(body)
  expect((await lab.ask({ url: base })).body).toEqual({ queues: [body], total: 1 })
  expect(await lab.store.queues.all()).toMatchObject([{ id: body.id, name: 'support' }])
})

test('what is said of it and of its agents, and how it is changed', async () => {
  const { id } = await make({
    ...{ strategy: 'ring-all', announce_every: 30, wait_music_url: '', retry_delay: 2.5 },
    agents: [
      { target: '1001', wrap_up: 10 },
      { target: '+15005550140', tier: 1 },
    ],
  })
  const changed = await lab.ask({
    method: 'PATCH',
    url: `${base}/${id}`,
    payload: {
      name: 'sales',
      max_size: 5,
      announce_every: null,
      confirm: true,
      language: 'fr',
      announce_wait: true,
    },
  })
  expect(changed.body).toMatchObject({
    ...{ name: 'sales', max_size: 5, announce_every: null, confirm: true, retry_delay: 2.5 },
    ...{ language: 'fr', voice: null, announce_wait: true },
    agents: [
      { target: '1001', wrap_up: 10, max_calls: 1, paused: false, status: 'idle' },
      { target: '+15005550140', tier: 1 },
    ],
  })
  // By its new name, and no more by the old one.
  expect((await post(base, { name: 'sales' })).status).toBe(409)
  expect((await post(base, { name: 'support' })).status).toBe(201)
})

describe('agents', () => {
  test('are added, changed, paused and removed', async () => {
    const { id } = await make()
    const added = await post(`${base}/${id}/agents`, { target: '1001', name: 'Sarah' })
    expect(added).toMatchObject({ status: 201, body: { target: '1001', name: 'Sarah' } })
    expect((await post(`${base}/${id}/agents`, { target: '1001' })).status).toBe(409)
    const url = `${base}/${id}/agents/${added.body.id}`
    expect((await post(`${url}/pause`, { reason: 'lunch' })).body).toMatchObject({
      ...{ paused: true, pause_reason: 'lunch', status: 'paused' },
    })
    expect((await post(`${url}/unpause`)).body).toMatchObject({
      ...{ paused: false, pause_reason: null },
    })
    const changed = await lab.ask({ method: 'PATCH', url, payload: { tier: 3, wrap_up: 1.5 } })
    expect(changed.body).toMatchObject({ tier: 3, wrap_up: 1.5, name: 'Sarah' })
    // Alone it is looked for: it is registered nowhere.
    expect((await lab.ask({ url })).body).toMatchObject({ status: 'unavailable' })
    expect((await lab.ask({ method: 'DELETE', url })).status).toBe(204)
    expect((await lab.ask({ url })).status).toBe(404)
    const types = (await lab.store.events.after(ours.id, 0, 100)).map(({ type, data }) =>
      [type, data['change']].filter(Boolean).join(' '),
    )
    expect(types).toEqual([
      ...['queue.created', 'queue.agent-changed added', 'queue.agent-changed paused'],
      ...['queue.agent-changed unpaused', 'queue.agent-changed changed'],
      'queue.agent-changed removed',
    ])
  })
})

describe('those who wait', () => {
  test('are listed in turn, with place and time, and moved', async () => {
    const { id } = await make()
    const first = waits(id, '+61400000001')
    lab.time.nowMs += 3_000
    const second = waits(id, '+61400000002')
    lab.time.nowMs += 2_000
    const { body } = await lab.ask({ url: `${base}/${id}/members` })
    expect(body).toMatchObject({
      members: [
        { call_id: first, position: 1, wait_time: 5, from: '+61400000001', data: { topic: 'x' } },
        { call_id: second, position: 2, wait_time: 2, priority: 0, ringing: [] },
      ],
      total: 2,
    })
    const url = `${base}/${id}/members/${second}`
    const moved = await lab.ask({ method: 'PATCH', url, payload: { priority: 7 } })
    expect(moved.body).toMatchObject({ position: 1, priority: 7 })
    expect((await lab.ask({ url: `${base}/${id}/members/first` })).body).toMatchObject({
      call_id: second,
    })
    expect((await lab.ask({ url: `${base}/${id}` })).body).toMatchObject({
      ...{ waiting: 2, longest_waiting: 5 },
    })
  })

  test('are taken out', async () => {
    const { id } = await make()
    const caller = waits(id, '+61400000001')
    const url = `${base}/${id}/members/${caller}`
    expect((await post(url, { url: 'https://a.example/x', hangup: true })).status).toBe(400)
    expect((await post(url, { url: 'nowhere' })).status).toBe(400)
    expect((await post(url, { to: '1001' })).status).toBeGreaterThanOrEqual(400)
    const done = await post(`${base}/${id}/members/first`, { url: 'https://a.example/x' })
    expect(done).toMatchObject({ status: 200, body: { call_id: caller, position: 1 } })
    // He is on his way.
    expect((await post(url, { url: 'https://a.example/y' })).status).toBe(409)
    expect((await post(`${base}/${id}/members/first`, { hangup: true })).status).toBe(404)
  })
})

test('a deleted queue is gone, and whoever waits in it is told', async () => {
  const { id } = await make()
  waits(id, '+61400000001')
  const [waiting] = lab.queues.calls.queues.get(id as QueueId)!.waiting
  expect((await lab.ask({ method: 'DELETE', url: `${base}/${id}` })).status).toBe(204)
  expect(await waiting!.left).toEqual({ is: 'deleted' })
  expect((await lab.ask({ url: `${base}/${id}` })).status).toBe(404)
  expect(await lab.store.queues.all()).toEqual([])
})

test('the figures begin anew', async () => {
  const { id } = await make()
  const queue = lab.queues.calls.queues.get(id as QueueId)!
  queue.count('bridged', 4_000)
  expect((await lab.ask({ url: `${base}/${id}` })).body).toMatchObject({
    figures: { answered: 1, average_wait: 4, service_level: 1 },
  })
  const anew = await lab.ask({ method: 'DELETE', url: `${base}/${id}/figures` })
  expect(anew.body).toMatchObject({ figures: { answered: 0, average_wait: 0 } })
})

test.each([
  [{ name: '' }, 'name'],
  [{ name: 'x', max_size: 1_001 }, 'max_size'],
  [{ name: 'x', max_size: 0 }, 'max_size'],
  [{ name: 'x', strategy: 'nobody' }, 'strategy'],
  [{ name: 'x', max_wait: 86_401 }, 'max_wait'],
  [{ name: 'x', wait_url: 'ftp://x' }, 'wait_url'],
  [{ name: 'x', wait_music_url: 'nothing' }, 'wait_music_url'],
  [{ name: 'x', agents: [{ target: 'a b' }] }, 'target'],
  [{ name: 'x', agents: [{ target: '1001' }, { target: '1001' }] }, 'target'],
  [{ name: '0f0f0f0f-0f0f-4f0f-8f0f-0f0f0f0f0f0f' }, 'name'],
  [{ name: 'x', musik: 1 }, 'musik'],
])('%j is refused for its %s', async (wanted, field) => {
  const { status, body } = await post(base, wanted)
  expect(status).toBeGreaterThanOrEqual(400)
  expect(JSON.stringify(body)).toContain(field)
  expect(await lab.store.queues.all()).toEqual([])
})

test("another account's queue is not there", async () => {
  const { id } = await make({ agents: [{ target: '1001' }] })
  const caller = waits(id, '+61400000001')
  const headers = { 'x-api-key': otherKey }
  const asked = [
    ['GET', ''],
    ['PATCH', '', { max_size: 2 }],
    ['DELETE', ''],
    ['DELETE', '/figures'],
    ['GET', '/members'],
    ['GET', `/members/${caller}`],
    ['PATCH', `/members/${caller}`, { priority: 1 }],
    ['POST', `/members/${caller}`, { hangup: true }],
    ['POST', '/agents', { target: '1002' }],
  ] as const
  for (const [method, path, payload] of asked) {
    const request = { method, url: `${base}/${id}${path}`, headers, ...(payload && { payload }) }
    expect([path, (await lab.ask(request)).status]).toEqual([path, 404])
  }
  expect((await lab.ask({ url: base, headers })).body).toEqual({ queues: [], total: 0 })
  // A name is taken in one account only.
  const theirs = await lab.ask({ method: 'POST', url: base, headers, payload: { name: 'support' } })
  expect(theirs.status).toBe(201)
})

test('followed at the socket, from all that there is until it is deleted', async () => {
  const { id } = await make({ agents: [{ target: '1001' }] })
  const caller = waits(id, '+61400000001')
  const told: [string, unknown][] = []
  const ended = Promise.withResolvers<void>()
  const to = {
    tell: (event: string, data: unknown) => told.push([event, data]),
    end: () => ended.resolve(),
    pace: { isFull: () => false, tellText: () => {} },
  }
  const of = { account: ours, params: { queue_id: id } }
  await news.begin(of, lab.options.services, to)
  expect(told).toMatchObject([
    [
      'queue',
      { queue: { id, waiting: 1, agents: [{ status: 'idle' }] }, members: [{ call_id: caller }] },
    ],
  ])
  await lab.ask({ method: 'DELETE', url: `${base}/${id}` })
  await ended.promise
  expect(told.at(-1)).toEqual(['deleted', {}])
  await expect(news.begin(of, lab.options.services, to)).rejects.toMatchObject({
    code: 'not_found',
  })
})
