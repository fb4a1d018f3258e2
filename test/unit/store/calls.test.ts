import { afterEach, beforeEach, expect, test } from 'vitest'
import type { CallRecord } from '../../../engine/core/call.ts'
import type { AccountId, RecordingId, TrunkId } from '../../../engine/core/ids.ts'
import type { Store } from '../../../engine/core/ports/store.ts'
import { openEmptyStore } from '../../support/databases.ts'
import {
  account,
  accountId,
  call,
  callId,
  event,
  memoryStore,
  otherAccountId,
  testClock,
  uuid,
} from './fixtures.ts'

let store: Store
beforeEach(async () => {
  store = await memoryStore()
})
afterEach(() => store.close())

const full: CallRecord = call('full', {
  parentId: callId('parent'),
  direction: 'inbound',
  from: 'alice',
  to: 'sip:o\'hara@example.com;x="é😀"',
  status: 'completed',
  endReason: 'hangup:remote',
  createdAtMs: 1_700_000_000_000,
  startedAtMs: 1_700_000_000_001,
  answeredAtMs: 1_700_000_000_002,
  endedAtMs: 1_700_000_000_003,
  url: 'https://example.com/a?b=c',
  method: 'GET',
  statusCallback: 'https://example.com/status',
  record: true,
  recordingId: uuid('recording') as RecordingId,
  trunkId: uuid('trunk') as TrunkId,
  sipCallId: 'abc@host',
  gathered: '12#',
  trigger: {
    leadPhone: '+15005550102',
    leadName: "Robert'); DROP TABLE calls;--",
    source: null,
    metadata: { list: [1, { deep: null }] },
    connectedAtMs: 5,
    failure: 'lead_busy',
    creditsUsedMicro: 100_000,
  },
  quality: {
    ...{ codec: 'PCMU', packetsSent: 2, packetsReceived: 1, bytesSent: 344, bytesReceived: 172 },
    ...{ lossPercent: 1.5, jitterMs: 2, roundTripMs: null, remoteLossPercent: null },
    ...{ remoteJitterMs: 3, bufferMs: 20, concealedPercent: 0 },
    mos: { value: 4.3, grounded: true },
  },
})

test('a call comes back as it was committed, every field', async () => {
  await store.calls.commit(call('parent'), [])
  await store.calls.commit(full, [])
  expect(await store.calls.get(accountId, full.id)).toEqual(full)
})

test('a later commit replaces the row', async () => {
  const first = call(1)
  const later = call(1, { status: 'busy', endReason: 'busy', endedAtMs: 9, from: 'x', to: 'y' })
  await store.calls.commit(first, [])
  await store.calls.commit(later, [])
  expect(await store.calls.get(accountId, first.id)).toEqual(later)
  const parties = await store.calls.parties(accountId, [first.id, callId('none')])
  expect([...parties]).toEqual([[first.id, { from: 'x', to: 'y' }]])
})

test("another account's call is not there", async () => {
  await store.calls.commit(call(1), [event(call(1), 'call.queued')])
  expect(await store.calls.get(otherAccountId, callId(1))).toBeUndefined()
  expect(await store.events.ofCall(otherAccountId, callId(1))).toEqual([])
  expect([...(await store.calls.parties(otherAccountId, [callId(1)]))]).toEqual([])
  const listed = await store.calls.list(otherAccountId, { page: 1, pageSize: 10 })
  expect(listed).toEqual({ calls: [], total: 0 })
})

test('events get numbers per account, without gaps, in order', async () => {
  const mine = call(1)
  const theirs = call(2, { accountId: otherAccountId })
  await store.calls.commit(mine, [event(mine, 'call.queued', 1), event(mine, 'call.ringing', 2)])
  await store.calls.commit(theirs, [event(theirs, 'call.queued', 3)])
  await store.calls.commit(mine, [event(mine, 'digit.received', 4, { digit: '5' })])
  const events = await store.events.after(accountId, 0, 10)
  expect(events.map((e) => [e.sequence, e.type, e.atMs])).toEqual([
    [1, 'call.queued', 1],
    [2, 'call.ringing', 2],
    [3, 'digit.received', 4],
  ])
  expect(events[2]?.data).toEqual({ digit: '5' })
  expect((await store.events.after(otherAccountId, 0, 10)).map((e) => e.sequence)).toEqual([1])
  expect((await store.events.after(accountId, 1, 1)).map((e) => e.sequence)).toEqual([2])
})

test('events that are of no call have numbers of the same series', async () => {
  const mine = call(1)
  await store.calls.commit(mine, [event(mine, 'call.queued', 1)])
  await store.events.append(accountId, [
    { type: 'device.registered', atMs: 2, data: { username: '1001' } },
    { type: 'device.unregistered', atMs: 3, data: {} },
  ])
  await store.calls.commit(mine, [event(mine, 'call.ringing', 4)])
  const events = await store.events.after(accountId, 0, 10)
  expect(events.map((e) => [e.sequence, e.type, e.callId])).toEqual([
    [1, 'call.queued', mine.id],
    [2, 'device.registered', null],
    [3, 'device.unregistered', null],
    [4, 'call.ringing', mine.id],
  ])
  expect(events[1]).toEqual({
    ...{ accountId, sequence: 2, callId: null, type: 'device.registered', atMs: 2 },
    data: { username: '1001' },
  })
  expect((await store.events.after(accountId, 1, 2)).map((e) => e.sequence)).toEqual([2, 3])
  expect(await store.events.after(otherAccountId, 0, 10)).toEqual([])
})

test('of events that are of no call the newest are kept, and numbers are not used again', async () => {
  const kept = await openEmptyStore({ clock: testClock(), keptEvents: 500 })
  for (const one of [account, { ...account, id: otherAccountId }]) await kept.accounts.insert(one)
  const add = (of: AccountId, count: number) => {
    const one = { type: 'device.registered', atMs: 1, data: {} } as const
    return kept.events.append(of, new Array<typeof one>(count).fill(one))
  }
  const mine = call(1)
  await kept.calls.commit(mine, [event(mine, 'call.queued', 1)])
  await add(accountId, 500)
  await add(otherAccountId, 400)
  expect((await kept.events.after(accountId, 1, 1))[0]?.sequence).toBe(2)
  // gone in steps, so that nobody waits long
  await add(accountId, 2_000)
  expect((await kept.events.after(accountId, 1, 1))[0]?.sequence).toBe(2 + 1_024)
  await add(accountId, 10)
  expect((await kept.events.after(accountId, 1, 1))[0]?.sequence).toBe(2 + 1_024)
  for (let i = 0; i < 256; i += 8) await add(accountId, 8)
  for (let i = 0; i < 256; i += 8) await add(accountId, 8)
  const all = await kept.events.after(accountId, 0, 5_000)
  expect(all[0]).toMatchObject({ type: 'call.queued', sequence: 1 })
  expect(all.at(-1)?.sequence).toBe(1 + 500 + 2_000 + 10 + 512)
  expect(all.length).toBeLessThan(1 + 500 + 256)
  expect(await kept.events.after(otherAccountId, 0, 1_000)).toHaveLength(400)
  await kept.close()
})

test('commits that are not awaited are carried out in the order in which they were asked for', async () => {
  const statuses = ['queued', 'ringing', 'in-progress', 'completed'] as const
  const pending = statuses.flatMap((status, index) => {
    const row = call(1, { status })
    return [
      store.calls.commit(row, [event(row, `call.${status}`, index)]),
      store.calls.get(accountId, row.id).then((found) => expect(found?.status).toBe(status)),
    ]
  })
  await Promise.all(pending)
  const events = await store.events.ofCall(accountId, callId(1))
  expect(events.map((e) => [e.sequence, e.type])).toEqual([
    [1, 'call.queued'],
    [2, 'call.ringing'],
    [3, 'call.in-progress'],
    [4, 'call.completed'],
  ])
})

test('a commit that fails leaves nothing: no row, no event, no used-up number', async () => {
  const good = call(1)
  await store.calls.commit(good, [event(good, 'call.queued')])
  const stranger = call(2)
  const bad = { ...event(stranger, 'call.queued'), callId: callId('nowhere') }
  await expect(
    store.calls.commit(stranger, [event(stranger, 'call.queued'), bad]),
  ).rejects.toThrow()
  expect(await store.calls.get(accountId, stranger.id)).toBeUndefined()
  await store.calls.commit(good, [event(good, 'call.ringing')])
  expect((await store.events.after(accountId, 0, 9)).map((e) => e.sequence)).toEqual([1, 2])
})

test('a call of an unknown account is refused', async () => {
  const lost = call(1, { accountId: uuid('nobody') as AccountId })
  await expect(store.calls.commit(lost, [])).rejects.toThrow(/foreign key/i)
})

test('a call cannot move to another account', async () => {
  await store.calls.commit(call(1), [])
  const moved = call(1, { accountId: otherAccountId })
  await expect(store.calls.commit(moved, [])).rejects.toThrow(/another account/)
  expect((await store.calls.get(accountId, callId(1)))?.accountId).toBe(accountId)
})

test('children in the order in which they were made', async () => {
  await store.calls.commit(call('p'), [])
  for (const [name, createdAtMs] of [
    ['b', 30],
    ['a', 20],
    ['c', 40],
  ] as const) {
    await store.calls.commit(call(name, { parentId: callId('p'), createdAtMs }), [])
  }
  const children = await store.calls.children(callId('p'))
  expect(children.map((child) => child.createdAtMs)).toEqual([20, 30, 40])
  expect(await store.calls.children(callId('a'))).toEqual([])
})

test('unfinished: the calls whose status is not final, of all accounts', async () => {
  const statuses = ['queued', 'ringing', 'in-progress', 'completed', 'failed', 'busy'] as const
  for (const status of statuses) await store.calls.commit(call(status, { status }), [])
  await store.calls.commit(call('other', { accountId: otherAccountId }), [])
  const found = (await store.calls.unfinished()).map((one) => one.id)
  const expected = ['queued', 'ringing', 'in-progress', 'other'].map(callId)
  expect(new Set(found)).toEqual(new Set(expected))
  expect(found).toHaveLength(4)
})

test('accounts: the first, by id, by key; a second with the same id is refused', async () => {
  expect(await store.accounts.first()).toEqual({ ...account, isOperator: true })
  expect(await store.accounts.get(otherAccountId)).toEqual({
    ...account,
    id: otherAccountId,
    name: 'second',
  })
  expect(await store.accounts.get(uuid('none') as AccountId)).toBeUndefined()
  const key = { hash: 'ab'.repeat(32), accountId: otherAccountId, hint: 'rd_…1234', createdAtMs: 1 }
  await store.accounts.insertKey(key)
  expect((await store.accounts.byKeyHash(key.hash))?.id).toBe(otherAccountId)
  expect(await store.accounts.byKeyHash('cd'.repeat(32))).toBeUndefined()
  await expect(store.accounts.insertKey(key)).rejects.toMatchObject({ code: 'already_exists' })
  await expect(store.accounts.insert(account)).rejects.toMatchObject({ code: 'already_exists' })
})

test('each account has its own lasting webhook key', async () => {
  const first = await store.accounts.webhookSecret(accountId)
  const second = await store.accounts.webhookSecret(otherAccountId)
  expect(first).toMatch(/^[0-9a-f]{64}$/)
  expect(second).not.toBe(first)
  expect(await store.accounts.webhookSecret(accountId)).toBe(first)
  expect(await store.accounts.webhookSecret(uuid('none') as AccountId)).toBeUndefined()
})
