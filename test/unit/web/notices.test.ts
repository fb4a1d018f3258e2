import { createHmac } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { CallRecord, CallStatus } from '../../../engine/core/call.ts'
import type { Store } from '../../../engine/core/ports/store.ts'
import type { OutgoingRequest } from '../../../engine/core/ports/web.ts'
import {
  type Deliveries,
  type DeliveryOptions,
  startDeliveries,
} from '../../../engine/web/index.ts'
import { settle, VirtualClock } from '../../support/virtual-clock.ts'
import {
  accountId,
  call,
  callId,
  event,
  memoryStore,
  subscription,
  withNumber,
} from '../store/fixtures.ts'
import { loopback, type Request, serve, testLog, until } from './server.ts'

const ownNumber = '+15005550100'

let clock: VirtualClock
let store: Store
let outcomes: string[]
let deliveries: Deliveries | undefined
beforeEach(async () => {
  clock = new VirtualClock()
  store = await memoryStore(clock)
  await withNumber(store, ownNumber)
  outcomes = []
})
afterEach(async () => {
  const closing = deliveries?.close()
  await settle()
  await clock.advance(5_000)
  await closing
  deliveries = undefined
  await store.close()
})

function start(render: DeliveryOptions['render'], log = testLog()): void {
  deliveries = startDeliveries({
    outbox: store.outbox,
    allowed: loopback,
    secrets: async () => ['key'],
    render,
    clock,
    log,
    metrics: { webhook: (outcome) => outcomes.push(outcome) },
    random: () => 0.5,
  })
}

async function happens(statusCallback: string | null, ...statuses: CallStatus[]): Promise<void> {
  for (const status of statuses) {
    const row = call('a', { status, statusCallback })
    await store.calls.commit(row, [event(row, `call.${status}`, clock.nowMs())])
  }
}

const subscribe = (url: string) => store.subscriptions.set(subscription({ url }))
const outcomeCount = (count: number) => until(() => outcomes.length >= count, `${count} outcomes`)

function expectSigned(request: Request, part: string): void {
  const seconds = Math.floor(clock.nowMs() / 1_000)
  const hex = createHmac('sha256', 'key').update(`${seconds}.${part}`).digest('hex')
  expect(request.headers['x-ringdown-signature']).toBe(`t=${seconds},v1=${hex}`)
}

test('a GET has no body: its path and query are signed', async () => {
  const server = await serve()
  await subscribe(`${server.origin}/x?id={{uid}}`)
  start(({ url, call: { id } = {} as CallRecord }) => ({
    url: url.replace('{{uid}}', id),
    method: 'GET',
  }))
  await happens(null, 'queued')
  await outcomeCount(1)
  const [request] = server.requests
  const path = `/x?id=${callId('a')}`
  expect(request).toMatchObject({ method: 'GET', url: path, body: '' })
  expect(request?.headers['content-type']).toBeUndefined()
  expect(request?.headers['x-ringdown-delivery']).toBe(`${callId('a')}-1-foreign`)
  expectSigned(request!, path)
  expect(outcomes).toEqual(['delivered'])
})

test('a POST has the headers and the body that were written, and is signed by its body', async () => {
  const server = await serve()
  await subscribe(server.origin)
  const headers = { 'content-type': 'text/plain', authorization: 'Basic dTpw' }
  start(({ url }) => ({ url, method: 'POST', headers, body: 'x=1' }))
  await happens(null, 'queued')
  await outcomeCount(1)
  const [request] = server.requests
  expect(request).toMatchObject({ method: 'POST', body: 'x=1', headers })
  expectSigned(request!, 'x=1')
})

test('status callback and subscriber at one address can be told apart', async () => {
  const server = await serve()
  await subscribe(server.origin)
  start(({ url }) => ({ url, method: 'POST', body: '' }))
  await happens(server.origin, 'queued')
  await outcomeCount(2)
  const ids = server.requests.map(({ headers }) => headers['x-ringdown-delivery'])
  expect(new Set(ids)).toEqual(new Set([`${callId('a')}-1`, `${callId('a')}-1-foreign`]))
})

test('a subscriber that does not answer delays nobody else', async () => {
  const hanging: ServerResponse[] = []
  const slow = await serve((_request, response) => hanging.push(response))
  const quick = await serve(undefined, '127.0.0.2')
  await subscribe(slow.origin)
  start(({ url, event: { type } }) => ({ url, method: 'POST', body: type }))
  await happens(quick.origin, 'queued', 'ringing', 'in-progress', 'completed')
  await outcomeCount(4)
  expect(quick.requests).toHaveLength(4)
  expect(slow.requests.map(({ body }) => body)).toEqual(['call.queued'])
  hanging[0]?.end()
  await outcomeCount(5)
  await until(() => hanging.length === 2)
  hanging[1]?.end()
  await outcomeCount(6)
  expect(slow.requests.map(({ body }) => body)).toEqual(['call.queued', 'call.completed'])
})

test('receivers that answer, but slowly, leave room for the others', async () => {
  const waiting: ServerResponse[] = []
  const slow = await serve((_request, response) => waiting.push(response), '0.0.0.0')
  const quick = await serve()
  for (let number = 0; number < 100; number++) {
    const url = `http://127.0.1.${(number % 8) + 1}:${slow.port}/`
    const row = call(number, { statusCallback: url })
    await store.calls.commit(row, [event(row, 'call.queued', clock.nowMs())])
  }
  start(({ url }) => ({ url, method: 'POST', body: '' }))
  await until(() => waiting.length === 32)
  await clock.advance(9_000)
  for (const response of waiting.splice(0)) response.end()
  await outcomeCount(32)
  await until(() => slow.requests.length >= 48)
  await happens(quick.origin, 'queued')
  await until(() => quick.requests.length === 1)
  expect(slow.requests).toHaveLength(48)
})

test('a failed one is written and sent again, as it was at the event', async () => {
  const answers = [500, 200]
  const server = await serve((_request, response) => response.writeHead(answers.shift()!).end())
  await subscribe(server.origin)
  start(({ url, options }) => ({ url, method: 'POST', body: JSON.stringify(options) }))
  await happens(null, 'queued')
  await outcomeCount(1)
  await store.subscriptions.set(subscription({ url: server.origin, options: { method: 'JSON' } }))
  await settle()
  await clock.advance(1_000)
  await outcomeCount(2)
  expect(outcomes).toEqual(['retried', 'delivered'])
  expect(server.requests.map(({ body }) => body)).toEqual(['{"method":"GET"}', '{"method":"GET"}'])
})

const written: Record<string, [() => OutgoingRequest | undefined, string]> = {
  'of an API that is not there any more': [
    () => undefined,
    'nothing here writes webhooks of "foreign" any more',
  ],
  'written to another host': [
    () => ({ url: 'http://127.0.0.3:1/', method: 'GET' }),
    'the address that was written is not on 127.0.0.1:',
  ],
  'written to no address': [
    () => ({ url: 'nowhere', method: 'GET' }),
    'the address that was written is not on 127.0.0.1:',
  ],
}
for (const [name, [render, error]] of Object.entries(written)) {
  test(`a webhook ${name} is given up at once, with the reason in the log of the call`, async () => {
    const server = await serve()
    await subscribe(server.origin)
    start(render)
    await happens(null, 'queued')
    await outcomeCount(1)
    expect(outcomes).toEqual(['dead'])
    expect(server.requests).toEqual([])
    await settle()
    const log = await store.events.ofCall(accountId, callId('a'))
    expect(log.at(-1)?.type).toBe('webhook.failed')
    expect(log.at(-1)?.data['error']).toMatch(error)
    expect(await store.outbox.nextDueMs()).toBeUndefined()
  })
}

test('credentials are not passed on to where a receiver redirects', async () => {
  const other = await serve((_request, response) => {
    response.writeHead(307, { location: `${own.origin}/back` }).end()
  }, '127.0.0.2')
  const own = await serve((request, response) => {
    const locations: Record<string, string> = { '/': '/again', '/again': `${other.origin}/` }
    const location = locations[request.url]
    if (location === undefined) response.end()
    else response.writeHead(307, { location }).end()
  })
  await subscribe(`${own.origin}/`)
  const headers = { authorization: 'Basic dTpw' }
  start(({ url }) => ({ url, method: 'POST', headers, body: '{}' }))
  await happens(null, 'queued')
  await outcomeCount(1)
  expect(outcomes).toEqual(['delivered'])
  expect(own.requests.map(({ headers }) => headers.authorization)).toEqual([
    'Basic dTpw',
    'Basic dTpw',
    undefined,
  ])
  expect(other.requests).toHaveLength(1)
  expect(other.requests[0]?.headers.authorization).toBeUndefined()
  expect(other.requests[0]?.headers['x-ringdown-signature']).toBeDefined()
})

test('the log tells of a failure without the address, which may hold a key', async () => {
  const lines: string[] = []
  const write = (message: string, fields = {}) => lines.push(`${message} ${JSON.stringify(fields)}`)
  const log = { debug: write, info: write, warn: write, error: write, child: () => log }
  const answers = [500, 410]
  const server = await serve((_request, response) => response.writeHead(answers.shift()!).end())
  await subscribe(`${server.origin}/in?key=secret`)
  const headers = { authorization: 'Basic secret' }
  start(({ url }) => ({ url, method: 'POST', headers, body: 'secret' }), log)
  await happens(null, 'queued')
  await outcomeCount(1)
  await settle()
  await clock.advance(1_000)
  await outcomeCount(2)
  expect(lines.join('\n')).toContain(new URL(server.origin).host)
  expect(lines).toHaveLength(2)
  expect(lines.join('\n')).not.toContain('secret')
})
