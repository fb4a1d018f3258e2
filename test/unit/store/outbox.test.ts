import { afterEach, beforeEach, expect, test } from 'vitest'
import type { CallRecord } from '../../../engine/core/call.ts'
import { type Callback, transcriptEvents } from '../../../engine/core/callbacks.ts'
import type { RecordingId } from '../../../engine/core/ids.ts'
import type { RecordingRecord } from '../../../engine/core/ports/recordings.ts'
import type { Store } from '../../../engine/core/ports/store.ts'
import { accountId, call, event, memoryStore, testClock, uuid } from './fixtures.ts'

let store: Store
let clock: ReturnType<typeof testClock>
beforeEach(async () => {
  clock = testClock(5_000)
  store = await memoryStore(clock)
})
afterEach(() => store.close())

const told = (name: string, over: Partial<CallRecord> = {}): CallRecord =>
  call(name, { statusCallback: 'http://app.example:8080/status', ...over })

async function live(name: string): Promise<void> {
  const queued = told(name, { createdAtMs: 1_000 })
  const ringing = { ...queued, status: 'ringing', startedAtMs: 1_100 } as const
  const up = { ...ringing, status: 'in-progress', answeredAtMs: 1_200 } as const
  await store.calls.commit(queued, [event(queued, 'call.queued', 1_000)])
  await store.calls.commit(ringing, [
    event(ringing, 'verb.started', 1_099),
    event(ringing, 'call.ringing', 1_100),
  ])
  await store.calls.commit(up, [event(up, 'call.in-progress', 1_200)])
}

const dueTypes = async (nowMs = clock.now): Promise<string[]> =>
  (await store.outbox.due(nowMs, 100)).map((delivery) => delivery.event.type)

test('only call.* events become deliveries, only for calls with a status callback', async () => {
  await store.calls.commit(call('deaf'), [event(call('deaf'), 'call.queued')])
  const one = told('a')
  await store.calls.commit(one, [event(one, 'verb.started'), event(one, 'digit.received')])
  expect(await store.outbox.nextDueMs()).toBeUndefined()
  await store.calls.commit(one, [event(one, 'call.queued')])
  expect(await store.outbox.nextDueMs()).toBe(5_000)
})

test('a delivery shows the call as it was at the event, and carries what is needed', async () => {
  await live('a')
  const statuses: unknown[] = []
  for (let delivery = (await store.outbox.due(5_000, 9))[0]; delivery; ) {
    statuses.push([
      delivery.event.sequence,
      delivery.event.type,
      delivery.call?.status,
      delivery.call?.startedAtMs,
      delivery.call?.answeredAtMs,
    ])
    expect(delivery).toMatchObject({
      url: 'http://app.example:8080/status',
      host: 'app.example:8080',
      attempts: 0,
      event: { accountId },
    })
    await store.outbox.delivered(delivery.id)
    delivery = (await store.outbox.due(5_000, 9))[0]
  }
  expect(statuses).toEqual([
    [1, 'call.queued', 'queued', null, null],
    [3, 'call.ringing', 'ringing', 1_100, null],
    [4, 'call.in-progress', 'in-progress', 1_100, 1_200],
  ])
})

test('changes of status that are committed together are each shown at their own time', async () => {
  const ended = told('a', {
    status: 'failed',
    endReason: 'no_route',
    startedAtMs: 20,
    endedAtMs: 30,
  })
  await store.calls.commit(ended, [
    event(ended, 'call.queued', 10),
    event(ended, 'call.ringing', 20),
    event(ended, 'call.failed', 30),
  ])
  const seen: unknown[] = []
  for (let turn = 0; turn < 3; turn++) {
    const [delivery] = await store.outbox.due(5_000, 9)
    const { status, startedAtMs, endedAtMs, endReason } = delivery!.call!
    seen.push([status, startedAtMs, endedAtMs, endReason])
    await store.outbox.delivered(delivery!.id)
  }
  expect(seen).toEqual([
    ['queued', null, null, null],
    ['ringing', 20, null, null],
    ['failed', 20, 30, 'no_route'],
  ])
})

test('one delivery per call is due at a time, the oldest', async () => {
  await live('a')
  await live('b')
  expect(await dueTypes()).toEqual(['call.queued', 'call.queued'])
  const [first] = await store.outbox.due(5_000, 1)
  clock.now = 6_000
  await store.outbox.delivered(first!.id)
  expect(await dueTypes()).toEqual(['call.queued', 'call.ringing'])
})

test('a retry holds back the younger ones of its call and counts', async () => {
  await live('a')
  const [first] = await store.outbox.due(5_000, 9)
  await store.outbox.retryAt(first!.id, 9_000, 'HTTP 500')
  expect(await dueTypes(8_999)).toEqual([])
  expect(await store.outbox.nextDueMs()).toBe(9_000)
  const [again] = await store.outbox.due(9_000, 9)
  expect(again).toMatchObject({ id: first!.id, attempts: 1 })
})

test('a dead letter lets the younger ones go on and never comes back', async () => {
  await live('a')
  const [first] = await store.outbox.due(5_000, 9)
  await store.outbox.dead(first!.id, 'HTTP 410')
  await store.outbox.retryAt(first!.id, 1, 'late answer')
  await store.outbox.dead(first!.id, 'again')
  expect(await dueTypes()).toEqual(['call.ringing'])
  const log = await store.events.ofCall(accountId, first!.call!.id)
  expect(log.filter((one) => one.type === 'webhook.failed')).toMatchObject([
    { sequence: 5, atMs: 5_000, data: { sequence: 1, attempts: 1, error: 'HTTP 410' } },
  ])
})

test('who watches is told after each commit that made deliveries, not of others', async () => {
  let times = 0
  const stop = store.outbox.watch(() => {
    times++
  })
  await store.calls.commit(call('deaf'), [event(call('deaf'), 'call.queued')])
  const one = told('a')
  await store.calls.commit(one, [event(one, 'digit.received')])
  expect(times).toBe(0)
  await store.calls.commit(one, [event(one, 'call.queued')])
  expect(times).toBe(1)
  stop()
  await store.calls.commit(one, [event(one, 'call.ringing')])
  expect(times).toBe(1)
})

test('the next due time can be asked for beyond a moment', async () => {
  await live('a')
  await live('b')
  const [first] = await store.outbox.due(5_000, 9)
  await store.outbox.retryAt(first!.id, 9_000, 'HTTP 500')
  expect(await store.outbox.nextDueMs()).toBe(5_000)
  expect(await store.outbox.nextDueMs(5_000)).toBe(9_000)
  expect(await store.outbox.nextDueMs(9_000)).toBeUndefined()
})

test('delivered twice is delivered once', async () => {
  await live('a')
  const [first] = await store.outbox.due(5_000, 9)
  await store.outbox.delivered(first!.id)
  const [second] = await store.outbox.due(5_000, 9)
  await store.outbox.retryAt(second!.id, 7_000, 'busy')
  await store.outbox.delivered(first!.id)
  expect(await store.outbox.nextDueMs()).toBe(7_000)
})

test('ids are not given again after the newest row is gone', async () => {
  await live('a')
  const seen = new Set<number>()
  for (let turn = 0; turn < 3; turn++) {
    const [delivery] = await store.outbox.due(5_000, 9)
    seen.add(delivery!.id)
    await store.outbox.delivered(delivery!.id)
  }
  const later = told('b')
  await store.calls.commit(later, [event(later, 'call.queued')])
  const [delivery] = await store.outbox.due(5_000, 9)
  expect(seen.has(delivery!.id)).toBe(false)
})

test('those in flight and those of busy receivers can be left out', async () => {
  for (const name of ['a', 'b', 'c']) await live(name)
  const elsewhere = told('d', { statusCallback: 'http://other.example/' })
  await store.calls.commit(elsewhere, [event(elsewhere, 'call.queued')])
  const all = await store.outbox.due(5_000, 9)
  expect(all).toHaveLength(4)
  const without = await store.outbox.due(5_000, 9, { ids: [all[0]!.id] })
  expect(without.map((one) => one.id)).toEqual(all.slice(1).map((one) => one.id))
  const others = await store.outbox.due(5_000, 9, { hosts: ['app.example:8080'] })
  expect(others.map((one) => one.call?.id)).toEqual([elsewhere.id])
})

test('whom a document wants told is told of that alone, with what is to be said', async () => {
  const status = {
    tells: 'status',
    url: 'http://app.example/s',
    method: 'POST',
    events: ['call.completed'],
  } as const satisfies Callback
  const recording = {
    tells: 'recording',
    url: 'http://app.example/r',
    method: 'GET',
    events: ['recording.completed'],
    recording: {
      id: 'r1' as RecordingId,
      source: 'dial',
      track: 'both',
      channels: 1,
      startedAtMs: 1,
    },
  } as const satisfies Callback
  const one = call('a', { callbacks: [status, recording] })
  await store.calls.commit(one, [event(one, 'call.queued'), event(one, 'recording.started')])
  expect(await store.calls.get(accountId, one.id)).toEqual(one)
  expect(await dueTypes()).toEqual([])
  const mine = { ...event(one, 'recording.completed'), data: { recordingId: 'r1' } }
  const other = { ...mine, data: { recordingId: 'r2' } }
  const over = { ...one, status: 'completed' } as const
  await store.calls.commit(over, [other, mine, event(over, 'call.completed')])
  const due = await store.outbox.due(clock.now, 100)
  expect(due).toMatchObject([
    { url: recording.url, options: recording, event: { data: { recordingId: 'r1' } } },
    { url: status.url, options: status, call: { status: 'completed' } },
  ])
})

test('the text of a recording is kept and told at once, or not at all', async () => {
  const id = uuid('recording 1') as RecordingId
  const transcript = {
    ...{ tells: 'transcript', url: 'http://app.example/t', method: 'POST' },
    events: transcriptEvents,
    recording: { id, source: 'message', track: 'inbound', channels: 1, startedAtMs: 1 },
  } as const satisfies Callback
  const one = call('a', { callbacks: [transcript] })
  await store.calls.commit(one, [event(one, 'call.queued')])
  const recording: RecordingRecord = {
    ...{ id, accountId, callId: one.id, status: 'completed', failure: null, path: 'a.wav' },
    ...{ channels: 1, durationMs: 9, bytes: 9, createdAtMs: 1 },
  }
  await store.recordings.save(recording)
  let woken = 0
  const unwatch = store.outbox.watch(() => woken++)
  const text = { text: 'secret', segments: [] }
  const change = { transcriptStatus: 'completed', transcript: text } as const
  const data = { recordingId: id, callId: one.id }
  const made = { type: 'recording.transcribed', atMs: 5_000, data } as const
  expect(await store.recordings.transcribed(recording, change, made)).toBe(true)
  expect(await store.recordings.get(accountId, id)).toMatchObject(change)
  const [due, ...more] = await store.outbox.due(clock.now, 9)
  expect(more).toEqual([])
  expect(due).toMatchObject({ options: transcript, call: { id: one.id }, event: { data } })
  expect(due?.call).not.toHaveProperty('callbacks')
  expect(JSON.stringify(due)).not.toContain('secret')
  expect(woken).toBe(1)
  const [listed] = await store.deliveries.list(accountId, { limit: 9 })
  expect(listed).toMatchObject({ type: 'recording.transcribed', callId: one.id })
  await store.outbox.delivered(due!.id)
  // Nobody wanted to know of this one.
  await store.recordings.save({ ...recording, id: uuid('recording 2') as RecordingId })
  const other = { ...made, data: { ...data, recordingId: uuid('recording 2') } }
  expect(
    await store.recordings.transcribed(
      { ...recording, id: other.data.recordingId as RecordingId },
      change,
      other,
    ),
  ).toBe(true)
  expect(await dueTypes()).toEqual([])
  const before = await store.events.last(accountId)
  await store.recordings.beginDeletion(recording, { by: 'api', why: 'asked' }, 1)
  expect(await store.recordings.transcribed(recording, change, made)).toBe(false)
  expect([await dueTypes(), await store.events.last(accountId)]).toEqual([[], before])
  unwatch()
})

test('what a document wants told is told the same way when it is sent again', async () => {
  const status = {
    tells: 'status',
    url: 'http://app.example/s',
    method: 'GET',
    events: ['call.queued', 'call.ringing'],
  } as const satisfies Callback
  const one = call('a', { callbacks: [status] })
  await store.calls.commit(one, [event(one, 'call.queued'), event(one, 'call.ringing')])
  const [first] = await store.outbox.due(clock.now, 9)
  await store.outbox.dead(first?.id ?? 0, 'HTTP 500')
  const [second] = await store.outbox.due(clock.now, 9)
  await store.outbox.delivered(second?.id ?? 0)
  for (const { id } of await store.deliveries.list(accountId, { limit: 9 })) {
    await store.deliveries.redeliver(accountId, id)
    expect(await store.outbox.due(clock.now, 9)).toMatchObject([{ id, options: status }])
    await store.outbox.delivered(id)
  }
  // Of too many that wait some are given up: they are to be told in the same way too.
  await store.deliveries.redeliver(accountId, first?.id ?? 0)
  await store.outbox.cut({ mostOpen: 0, mostDead: 9, atOnce: 9 })
  await store.deliveries.redeliver(accountId, first?.id ?? 0)
  expect(await store.outbox.due(clock.now, 9)).toMatchObject([{ options: status }])
})

test('a delivery does not hold the addresses of all the others that are told', async () => {
  const other = { tells: 'status', method: 'POST', events: ['call.completed'] } as const
  const callbacks = [{ ...other, url: 'http://app.example/s' }]
  const one = told('a', { callbacks })
  await store.calls.commit(one, [event(one, 'call.queued')])
  const [delivery] = await store.outbox.due(clock.now, 9)
  expect(delivery?.call).not.toHaveProperty('callbacks')
})
