import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { CallRecord } from '../../../engine/core/call.ts'
import type { CallEventType } from '../../../engine/core/events.ts'
import type { Store } from '../../../engine/core/ports/store.ts'
import { openStore } from '../../../engine/store/index.ts'
import {
  type Deliveries,
  type DeliveryOptions,
  startDeliveries,
} from '../../../engine/web/index.ts'
import { settle, VirtualClock } from '../../support/virtual-clock.ts'
import { accountId, call, callId, event, memoryStore } from '../store/fixtures.ts'
import { asJson, loopback, only, type Request, serve, testLog, until } from './server.ts'

let clock: VirtualClock
let store: Store
let outcomes: string[]
let running: Deliveries[]
beforeEach(async () => {
  clock = new VirtualClock()
  store = await memoryStore(clock)
  outcomes = []
  running = []
})
afterEach(async () => {
  await Promise.all(running.map((deliveries) => closed(deliveries)))
  await store.close()
})

async function closed(deliveries: Deliveries): Promise<void> {
  const closing = deliveries.close()
  await settle()
  await clock.advance(5_000)
  await closing
}

function start(over: Partial<DeliveryOptions> = {}): Deliveries {
  const deliveries = startDeliveries({
    outbox: store.outbox,
    allowed: loopback,
    secrets: async () => ['key'],
    render: asJson(({ event: { type, sequence }, call: { id, status } = {} as CallRecord }) => ({
      event: type,
      sequence,
      call: { id, status },
    })),
    clock,
    log: testLog(),
    metrics: { webhook: (outcome) => outcomes.push(outcome) },
    random: () => 0.5,
    ...over,
  })
  running.push(deliveries)
  return deliveries
}

type Status = 'queued' | 'ringing' | 'in-progress' | 'completed'

async function happens(name: string, statusCallback: string, ...statuses: Status[]): Promise<void> {
  for (const status of statuses) {
    const row = call(name, { statusCallback, status })
    const type: CallEventType = `call.${status}`
    await store.calls.commit(row, [event(row, type, clock.nowMs())])
  }
}

const bodyOf = (request: Request): { event: string; sequence: number; call: { id: string } } =>
  JSON.parse(request.body) as never
const eventsOf = (requests: readonly Request[]): string[] =>
  requests.map((request) => bodyOf(request).event.slice(5))

const outcomeCount = (count: number) => until(() => outcomes.length >= count, `${count} outcomes`)

test('a commit sends the webhook at once: signed, with a stable id, the body as rendered', async () => {
  const server = await serve()
  start()
  await happens('a', `${server.origin}/status?x=1`, 'queued')
  await outcomeCount(1)
  const [request] = server.requests
  const seconds = Math.floor(clock.nowMs() / 1_000)
  const hex = createHmac('sha256', 'key').update(`${seconds}.${request?.body}`).digest('hex')
  expect(request).toMatchObject({
    method: 'POST',
    url: '/status?x=1',
    headers: {
      'content-type': 'application/json',
      'x-ringdown-signature': `t=${seconds},v1=${hex}`,
      'x-ringdown-delivery': `${callId('a')}-1`,
    },
  })
  expect(JSON.parse(request!.body)).toEqual({
    event: 'call.queued',
    sequence: 1,
    call: { id: callId('a'), status: 'queued' },
  })
  expect(outcomes).toEqual(['delivered'])
  await settle()
  expect(await store.outbox.nextDueMs()).toBeUndefined()
})

test('each account signs with its own key', async () => {
  const server = await serve()
  start({
    secrets: async ({ event }) => {
      const secrets = await store.webhooks.secretsOf(event.accountId)
      return secrets ? [secrets.current] : []
    },
  })
  await happens('a', server.origin, 'queued')
  await outcomeCount(1)
  const secret = await store.accounts.webhookSecret(accountId)
  const seconds = Math.floor(clock.nowMs() / 1_000)
  const [request] = server.requests
  const hex = createHmac('sha256', secret!).update(`${seconds}.${request!.body}`).digest('hex')
  expect(request!.headers['x-ringdown-signature']).toBe(`t=${seconds},v1=${hex}`)
})

test('in order for each call: the next waits for the answer to the one before', async () => {
  const waiting: ServerResponse[] = []
  const server = await serve((_request, response) => waiting.push(response))
  start()
  await happens('a', server.origin, 'queued', 'ringing', 'in-progress', 'completed')
  for (let turn = 1; turn <= 4; turn++) {
    await until(() => waiting.length === turn)
    await settle()
    expect(server.requests).toHaveLength(turn)
    waiting[turn - 1]!.end()
  }
  await outcomeCount(4)
  expect(eventsOf(server.requests)).toEqual(['queued', 'ringing', 'in-progress', 'completed'])
})

test('a failing receiver is tried again after 1, 2, 4, 8 s; the younger ones wait', async () => {
  let status = 500
  const server = await serve((_request, response) => response.writeHead(status).end())
  start()
  await happens('a', server.origin, 'queued', 'ringing')
  await outcomeCount(1)
  for (const [index, delayMs] of [1_000, 2_000, 4_000, 8_000].entries()) {
    await settle()
    await clock.advance(delayMs - 1)
    expect(server.requests).toHaveLength(index + 1)
    await clock.advance(1)
    await outcomeCount(index + 2)
  }
  const ids = new Set(server.requests.map(({ headers }) => headers['x-ringdown-delivery']))
  expect(ids.size).toBe(1)
  status = 204
  await settle()
  await clock.advance(16_000)
  await outcomeCount(7)
  expect(eventsOf(server.requests.slice(5))).toEqual(['queued', 'ringing'])
})

test('back-off ends at an hour, with jitter; after 72 h it is a dead letter in the log', async () => {
  const server = await serve((_request, response) => response.writeHead(503).end())
  start()
  const beganMs = clock.nowMs()
  await happens('a', server.origin, 'queued')
  const attemptsAtMs: number[] = []
  for (let attempt = 1; outcomes.at(-1) !== 'dead'; attempt++) {
    await outcomeCount(attempt)
    attemptsAtMs.push(clock.nowMs() - beganMs)
    await settle()
    if (outcomes.at(-1) !== 'dead') {
      const nextMs = await store.outbox.nextDueMs()
      // The engine sleeps a minute at most; each wake-up finds nothing due.
      while (clock.nowMs() < nextMs!) await clock.advance(Math.min(60_000, nextMs! - clock.nowMs()))
    }
    expect(attempt).toBeLessThan(100)
  }
  const gaps = attemptsAtMs.slice(1).map((atMs, index) => atMs - attemptsAtMs[index]!)
  expect(gaps.slice(0, 13).map((gapMs) => gapMs / 1_000)).toEqual([
    1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 3_600,
  ])
  expect(new Set(gaps.slice(12))).toEqual(new Set([3_600_000]))
  expect(attemptsAtMs.at(-1)).toBeLessThanOrEqual(72 * 3_600_000)
  expect(attemptsAtMs.at(-1)).toBeGreaterThan(70 * 3_600_000)
  const log = await store.events.ofCall(accountId, callId('a'))
  expect(log.at(-1)).toMatchObject({ type: 'webhook.failed', data: { error: 'HTTP 503' } })
  expect(await store.outbox.nextDueMs()).toBeUndefined()
})

test('jitter takes a fifth off or adds it', async () => {
  const server = await serve((_request, response) => response.writeHead(500).end())
  for (const [random, delayMs] of [
    [0, 800],
    [0.999_999, 1_200],
  ] as const) {
    const deliveries = start({ random: () => random })
    await happens(`${random}`, server.origin, 'queued')
    await until(() => outcomes.length > 0)
    await settle()
    expect((await store.outbox.nextDueMs())! - clock.nowMs()).toBe(delayMs)
    await closed(deliveries)
    const [left] = await store.outbox.due(Number.MAX_SAFE_INTEGER, 1)
    await store.outbox.delivered(left!.id)
    outcomes.length = 0
  }
})

test('410 is the end of it at once; the younger ones are still told', async () => {
  const statuses = [410, 200]
  const server = await serve((_request, response) => response.writeHead(statuses.shift()!).end())
  start()
  await happens('a', server.origin, 'queued', 'ringing')
  await outcomeCount(2)
  expect(outcomes).toEqual(['dead', 'delivered'])
})

const failing: readonly [string, (response: ServerResponse) => void, RegExp][] = [
  ['closes the connection', (response) => response.destroy(), /ECONNRESET|hang up/],
  ['answers 404', (response) => response.writeHead(404).end(), /HTTP 404/],
  [
    'redirects the POST with 302',
    (response) => response.writeHead(302, { location: '/' }).end(),
    /HTTP 302/,
  ],
  [
    'redirects to a private address',
    (response) => response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end(),
    /not a public address/,
  ],
]
for (const [name, handler, error] of failing) {
  test(`a receiver that ${name} is tried again`, async () => {
    const server = await serve((_request, response) => handler(response), '127.0.0.2')
    start({ allowed: only('127.0.0.2') })
    await happens('a', server.origin, 'queued')
    await outcomeCount(1)
    expect(outcomes).toEqual(['retried'])
    const original = store.outbox.retryAt
    let seen = ''
    store.outbox.retryAt = (id, atMs, why) => {
      seen = why
      return original(id, atMs, why)
    }
    await settle()
    await clock.advance(1_000)
    await outcomeCount(2)
    expect(seen).toMatch(error)
  })
}

test('308 is followed with body and signature', async () => {
  const server = await serve((request, response) => {
    if (request.url === '/old') response.writeHead(308, { location: '/new' }).end()
    else response.end()
  })
  start()
  await happens('a', `${server.origin}/old`, 'queued')
  await outcomeCount(1)
  expect(outcomes).toEqual(['delivered'])
  const [first, second] = server.requests
  expect(second).toMatchObject({ url: '/new', method: 'POST', body: first!.body })
  expect(second!.headers['x-ringdown-signature']).toBe(first!.headers['x-ringdown-signature'])
})

test('a private address is never connected to', async () => {
  const canary = await serve()
  start({ allowed: [] })
  await happens('a', canary.origin, 'queued')
  await outcomeCount(1)
  expect([outcomes[0], canary.connections]).toEqual(['retried', 0])
})

test('an attempt lasts 10 s at most; the answer body is not waited for', async () => {
  const server = await serve((request, response) => {
    if (request.url === '/endless') response.writeHead(200).flushHeaders()
  })
  start()
  await happens('endless', `${server.origin}/endless`, 'queued')
  await outcomeCount(1)
  expect(outcomes).toEqual(['delivered'])
  await happens('mute', `${server.origin}/mute`, 'queued')
  await until(() => server.requests.length === 2)
  await clock.advance(9_999)
  expect(outcomes).toHaveLength(1)
  await clock.advance(1)
  await outcomeCount(2)
  expect(outcomes).toEqual(['delivered', 'retried'])
  await until(() => server.open === 0, 'close')
})

test('silent receivers with long queues do not delay a good one', async () => {
  const silent = await Promise.all(
    Array.from({ length: 4 }, (_, index) => serve(() => undefined, `127.0.0.${index + 10}`)),
  )
  const good = await serve()
  for (let index = 0; index < 400; index++) {
    await happens(`silent ${index}`, silent[index % 4]!.origin, 'queued')
  }
  start()
  const inFlight = () => silent.reduce((sum, server) => sum + server.open, 0)
  await until(() => inFlight() === 16, '4 attempts to each')
  await happens('good', good.origin, 'queued', 'ringing', 'completed')
  await until(() => good.requests.length === 3, 'the good one is told')
  await settle()
  expect(inFlight()).toBe(16)
  // After the time-out each gets one attempt at a time.
  await clock.advance(10_000)
  await outcomeCount(3 + 16)
  await until(() => inFlight() === 4, 'one attempt to each')
  await happens('good again', good.origin, 'queued')
  await until(() => good.requests.length === 4)
})

test('at most 32 at once, over different calls', async () => {
  const waiting: ServerResponse[] = []
  const servers = await Promise.all(
    Array.from({ length: 12 }, (_, index) =>
      serve((_request, response) => waiting.push(response), `127.0.0.${index + 10}`),
    ),
  )
  for (let index = 0; index < 60; index++) {
    await happens(`${index}`, servers[index % 12]!.origin, 'queued', 'ringing')
  }
  start()
  await until(() => waiting.length === 32)
  await settle()
  expect(waiting).toHaveLength(32)
  const calls = servers.flatMap(({ requests }) => requests.map((one) => bodyOf(one).call.id))
  expect(new Set(calls).size).toBe(32)
  for (let index = 0; index < 120; index++) {
    await until(() => waiting.length > index)
    waiting[index]!.end()
  }
  await outcomeCount(120)
  expect(outcomes.every((outcome) => outcome === 'delivered')).toBe(true)
})

test('a receiver that recovers is trusted again', async () => {
  let isMute = true
  const waiting: ServerResponse[] = []
  const server = await serve((_request, response) => {
    if (!isMute) waiting.push(response)
  })
  start()
  for (let index = 0; index < 8; index++) await happens(`${index}`, server.origin, 'queued')
  await until(() => server.requests.length === 4)
  isMute = false
  await clock.advance(10_000)
  await until(() => waiting.length === 1, 'one at a time')
  await settle()
  expect(waiting).toHaveLength(1)
  waiting[0]!.end()
  await until(() => waiting.length === 4, 'the other three at a time')
})

test('closing waits for what is under way, then leaves it to the next process', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ringdown-outbox-'))
  const path = join(folder, 'ringdown.db')
  await store.close()
  store = await memoryStore(clock, path)
  const waiting: ServerResponse[] = []
  const server = await serve((_request, response) => waiting.push(response))
  const first = start()
  await happens('quick', server.origin, 'queued')
  await happens('slow', server.origin, 'queued', 'ringing')
  await until(() => waiting.length === 2)
  const closing = first.close()
  waiting[0]!.end()
  await outcomeCount(1)
  await clock.advance(4_999)
  expect(server.open).toBe(1)
  await clock.advance(1)
  await closing
  expect(outcomes).toEqual(['delivered'])
  first.wake()
  await happens('later', server.origin, 'queued')
  await settle()
  expect(server.requests).toHaveLength(2)
  await store.close()
  store = await openStore({ path, clock })
  start()
  await until(() => waiting.length === 4)
  for (const response of waiting) response.end()
  await until(() => waiting.length === 5)
  waiting[4]!.end()
  await outcomeCount(4)
  const slow = server.requests.filter((one) => bodyOf(one).call.id === callId('slow'))
  expect(eventsOf(slow)).toEqual(['queued', 'queued', 'ringing'])
  rmSync(folder, { recursive: true, force: true })
})

test('a store that fails is asked again after a while; nothing is sent over and over', async () => {
  const server = await serve()
  const { due, delivered } = store.outbox
  let isBroken = true
  store.outbox.due = (...args) => (isBroken ? Promise.reject(new Error('disk')) : due(...args))
  store.outbox.delivered = (id) => (isBroken ? Promise.reject(new Error('disk')) : delivered(id))
  start()
  await happens('a', server.origin, 'queued')
  await settle()
  expect(server.requests).toHaveLength(0)
  isBroken = false
  store.outbox.delivered = () => Promise.reject(new Error('disk'))
  await clock.advance(5_000)
  await until(() => server.requests.length === 1)
  await settle()
  await clock.advance(4_999)
  expect(server.requests).toHaveLength(1)
  store.outbox.delivered = delivered
  await clock.advance(1)
  await outcomeCount(1)
  expect(server.requests).toHaveLength(2)
})

test('a renderer that throws is a failed attempt, not the end of the deliveries', async () => {
  const server = await serve()
  start({
    render: asJson(({ call: { id } = {} as CallRecord }) => {
      if (id === callId('bad')) throw new Error('no such field')
      return {}
    }),
  })
  await happens('bad', server.origin, 'queued')
  await happens('good', server.origin, 'queued')
  await outcomeCount(2)
  expect(new Set(outcomes)).toEqual(new Set(['retried', 'delivered']))
})
