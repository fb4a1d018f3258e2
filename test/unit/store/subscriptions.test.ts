import { afterEach, beforeEach, expect, test } from 'vitest'
import type { CallRecord, CallStatus } from '../../../engine/core/call.ts'
import type { Delivery, Store } from '../../../engine/core/ports/store.ts'
import { openStore } from '../../../engine/store/index.ts'
import { askDatabase, newPlace } from '../../support/databases.ts'
import {
  accountId,
  call,
  callId,
  event,
  memoryStore,
  otherAccountId,
  subscription,
  testClock,
  uuid,
  withNumber,
} from './fixtures.ts'

const ownNumber = '+15005550100'
const status = 'http://app.example/status'
const notes = subscription().url

let store: Store
let clock: ReturnType<typeof testClock>
beforeEach(async () => {
  clock = testClock(5_000)
  store = await memoryStore(clock)
  await withNumber(store, ownNumber)
})
afterEach(() => store.close())

async function happens(record: CallRecord, ...statuses: CallStatus[]): Promise<void> {
  for (const one of statuses) {
    const row = { ...record, status: one }
    await store.calls.commit(row, [event(row, `call.${one}`)])
  }
}

const due = (): Promise<Delivery[]> => store.outbox.due(clock.now, 100)
const lines = (deliveries: readonly Delivery[]) =>
  deliveries.map(({ event: { type }, renderer }) => `${renderer ?? 'own'} ${type.slice(5)}`)

/** What every stream is told, in order. */
async function drained(): Promise<string[]> {
  const told: string[] = []
  for (let open = await due(); open.length > 0; open = await due()) {
    told.push(...lines(open))
    for (const { id } of open) await store.outbox.delivered(id)
  }
  return told
}

test('one for each account, dialect, number and direction: set again is replaced, removed is gone', async () => {
  await store.subscriptions.set(subscription())
  await store.subscriptions.set(subscription({ direction: 'inbound', options: null }))
  await store.subscriptions.set(subscription({ dialect: 'other', createdAtMs: 2 }))
  await store.subscriptions.set(subscription({ url: 'http://new.example/', createdAtMs: 3 }))
  expect(await store.subscriptions.ofNumber(accountId, ownNumber)).toEqual([
    subscription({ direction: 'inbound', options: null }),
    subscription({ url: 'http://new.example/', createdAtMs: 3 }),
    subscription({ dialect: 'other', createdAtMs: 2 }),
  ])
  expect(await store.subscriptions.ofNumber(otherAccountId, ownNumber)).toEqual([])
  await store.subscriptions.remove(subscription())
  await store.subscriptions.remove(subscription())
  const left = await store.subscriptions.ofNumber(accountId, ownNumber)
  expect(left.map(({ dialect, direction }) => `${dialect} ${direction}`)).toEqual([
    'foreign inbound',
    'other outbound',
  ])
})

test('one that is removed is not told what is still under way; everybody else is', async () => {
  await store.subscriptions.set(subscription())
  await store.subscriptions.set(subscription({ dialect: 'other' }))
  const inbound = subscription({ direction: 'inbound' })
  await store.subscriptions.set(inbound)
  await happens(call(1, { statusCallback: status }), 'queued')
  await happens(call(2, { direction: 'inbound', from: '+1', to: ownNumber }), 'ringing')
  await store.subscriptions.remove(subscription())
  expect(new Set(await drained())).toEqual(
    new Set(['foreign ringing', 'other queued', 'own queued']),
  )
})

test('they go away with their number', async () => {
  await store.subscriptions.set(subscription())
  const [number] = await store.numbers.list(accountId)
  await store.numbers.update({ ...number!, route: { kind: 'device', username: '1001' } })
  expect(await store.subscriptions.ofNumber(accountId, ownNumber)).toHaveLength(1)
  await store.numbers.remove(number!.id)
  expect(await store.subscriptions.ofNumber(accountId, ownNumber)).toEqual([])
  await happens(call('a'), 'queued')
  expect(await due()).toEqual([])
})

test('of a number that was taken away meanwhile, or is somebody else’s, there is none', async () => {
  for (const number of ['+15005550108', '+15005550109']) {
    if (number.endsWith('9')) await withNumber(store, number, otherAccountId)
    const setting = store.subscriptions.set(subscription({ number }))
    await expect(setting).rejects.toMatchObject({ code: 'from_not_owned' })
    expect(await store.subscriptions.ofNumber(accountId, number)).toEqual([])
  }
})

test('a subscriber is told of the beginning and the end, with the call as it was then', async () => {
  await store.subscriptions.set(subscription())
  await happens(call('a'), 'queued', 'ringing', 'in-progress', 'completed')
  const [begin] = await due()
  expect(begin).toMatchObject({
    url: notes,
    host: 'notes.example',
    renderer: 'foreign',
    options: { method: 'GET' },
    attempts: 0,
    event: { type: 'call.queued', accountId, callId: callId('a') },
    call: { status: 'queued' },
  })
  expect(await drained()).toEqual(['foreign queued', 'foreign completed'])
})

const ends: CallStatus[] = ['completed', 'failed', 'busy', 'no-answer', 'canceled']
for (const end of ends) {
  test(`${end} is an end`, async () => {
    await store.subscriptions.set(subscription())
    await happens(call('a'), 'queued', end)
    expect(await drained()).toEqual(['foreign queued', `foreign ${end}`])
  })
}

const others: Record<string, Partial<CallRecord>> = {
  'of another number': { from: '+15005550109' },
  'to the number, when those from it are asked for': {
    direction: 'inbound',
    from: '+61411111111',
    to: ownNumber,
  },
  'from the number, made by the dial of another': { parentId: callId('parent') },
  'of another account': { accountId: otherAccountId },
}
for (const [name, over] of Object.entries(others)) {
  test(`nobody is told of a call ${name}`, async () => {
    await store.subscriptions.set(subscription())
    await happens(call('parent', { from: '+15005550108' }), 'queued')
    await happens(call('a', over), over.direction === 'inbound' ? 'ringing' : 'queued', 'completed')
    expect(await due()).toEqual([])
  })
}

test('calls that come to the number begin with ringing', async () => {
  await store.subscriptions.set(subscription({ direction: 'inbound' }))
  const inbound = call('a', { direction: 'inbound', from: 'anonymous', to: ownNumber })
  await happens(inbound, 'ringing', 'in-progress', 'completed')
  expect(await drained()).toEqual(['foreign ringing', 'foreign completed'])
})

test('beginning and end that are committed together are both told', async () => {
  await store.subscriptions.set(subscription())
  const ended = call('a', { status: 'failed', endedAtMs: 30 })
  await store.calls.commit(ended, [
    event(ended, 'call.queued', 10),
    event(ended, 'call.failed', 30),
  ])
  const [begin] = await due()
  expect(begin).toMatchObject({ call: { status: 'queued', endedAtMs: null } })
  expect(await drained()).toEqual(['foreign queued', 'foreign failed'])
})

test('a receiver that fails holds back its own stream and no other', async () => {
  await store.subscriptions.set(subscription())
  await store.subscriptions.set(subscription({ dialect: 'other', url: 'http://third.example/' }))
  const told = call('a', { statusCallback: status })
  await happens(told, 'queued')
  const [own, foreign, other] = await due()
  expect(lines([own!, foreign!, other!])).toEqual(['own queued', 'foreign queued', 'other queued'])
  await store.outbox.retryAt(foreign!.id, 9_000, 'HTTP 500')
  await store.outbox.delivered(other!.id)
  await happens(told, 'completed')
  expect(lines(await due())).toEqual(['own queued', 'other completed'])
  await store.outbox.delivered(own!.id)
  expect(lines(await due())).toEqual(['own completed', 'other completed'])
  clock.now = 9_000
  await store.outbox.dead(foreign!.id, 'HTTP 410')
  expect(lines(await due())).toContain('foreign completed')
})

test('status callback and subscriber at one address are two streams', async () => {
  await store.subscriptions.set(subscription({ url: status }))
  await happens(call('a', { statusCallback: status }), 'queued')
  expect(lines(await due())).toEqual(['own queued', 'foreign queued'])
})

test('a change is for the events that follow; what is under way stays as it was', async () => {
  await store.subscriptions.set(subscription())
  await happens(call('a'), 'queued')
  await store.subscriptions.set(subscription({ options: { method: 'JSON' } }))
  await happens(call('a'), 'completed')
  await happens(call('b'), 'queued')
  const [begin] = await due()
  expect(begin).toMatchObject({ event: { type: 'call.queued' }, options: { method: 'GET' } })
  // The same address: the end still waits for the beginning.
  expect(lines(await due())).toEqual(['foreign queued', 'foreign queued'])
  await store.outbox.delivered(begin!.id)
  const end = (await due()).find(({ event }) => event.type === 'call.completed')
  expect(end?.options).toEqual({ method: 'JSON' })
  await happens(call('b'), 'completed')
  expect(lines(await due())).toEqual(['foreign completed', 'foreign queued'])
  expect(await drained()).toHaveLength(3)
})

test('who watches is told of deliveries for subscribers alone too', async () => {
  let times = 0
  store.outbox.watch(() => {
    times++
  })
  await store.subscriptions.set(subscription())
  await happens(call('a'), 'queued')
  expect(times).toBe(1)
  await happens(call('a'), 'ringing', 'in-progress')
  expect(times).toBe(1)
})

test('subscriptions and what is under way outlive the process', async () => {
  const path = await newPlace()
  const before = await memoryStore(clock, path)
  await withNumber(before, ownNumber)
  await before.subscriptions.set(subscription())
  const row = call(uuid('a'))
  await before.calls.commit(row, [event(row, 'call.queued')])
  await before.close()
  const after = await openStore({ path, clock })
  expect(await after.subscriptions.ofNumber(accountId, ownNumber)).toEqual([subscription()])
  const [begin] = await after.outbox.due(5_000, 9)
  expect(begin).toMatchObject({ url: notes, renderer: 'foreign', options: { method: 'GET' } })
  const over = { ...row, status: 'failed', endReason: 'process_restarted' } as const
  await after.calls.commit(over, [event(over, 'call.failed')])
  await after.outbox.delivered(begin!.id)
  expect(lines(await after.outbox.due(5_000, 9))).toEqual(['foreign failed'])
  await after.close()
})

test('what cannot be read any more is given up alone, and a login goes with what is given up', async () => {
  const path = await newPlace()
  const onDisk = await memoryStore(clock, path)
  await withNumber(onDisk, ownNumber)
  await onDisk.subscriptions.set(subscription({ options: { password: 'secret' } }))
  for (const name of ['a', 'b']) {
    const row = call(name)
    await onDisk.calls.commit(row, [event(row, 'call.queued')])
    await onDisk.calls.commit(row, [event(row, 'call.failed')])
  }
  await askDatabase(path, "update deliveries set options = '{' where id = 1")
  const first = await onDisk.outbox.due(5_000, 1)
  expect(first.map((one) => [one.event.type, one.call?.id])).toEqual([['call.failed', callId('a')]])
  await onDisk.outbox.dead(first[0]!.id, 'HTTP 410')
  const next = await onDisk.outbox.due(5_000, 9)
  expect(next.map((one) => [one.event.type, one.call?.id])).toEqual([['call.queued', callId('b')]])
  const log = await onDisk.events.ofCall(accountId, callId('a'))
  expect(log[2]).toMatchObject({ type: 'webhook.failed', data: { sequence: 1, attempts: 1 } })
  const dead = "select options from deliveries where state = 'dead' order by id"
  expect(await askDatabase(path, dead)).toEqual([{ options: null }, { options: null }])
  await onDisk.close()
})
