import { afterEach, beforeEach, expect, test } from 'vitest'
import type { AgentId, CallId, QueueId } from '../../../engine/core/ids.ts'
import type { Store } from '../../../engine/core/ports/store.ts'
import {
  freshFigures,
  freshTally,
  plainAgent,
  plainQueue,
  type QueueRecord,
} from '../../../engine/core/queue.ts'
import { accountId, memoryStore, otherAccountId, testClock, uuid } from './fixtures.ts'

let store: Store
beforeEach(async () => {
  store = await memoryStore(testClock(5_000))
})
afterEach(() => store.close())

const queue = (name: string, over: Partial<QueueRecord> = {}): QueueRecord => ({
  ...{ id: uuid(`queue ${name}`) as QueueId, accountId, name, createdAtMs: 1_000 },
  ...{ options: plainQueue, agents: [], figures: freshFigures(1_000) },
  ...over,
})
const wait = (name: string, enteredAtMs: number) => ({
  ...{ callId: uuid(`call ${name}`) as CallId, enteredAtMs },
})
const created = { type: 'queue.created', atMs: 1, data: { queueId: 'q' } } as const

test('saved, replaced, and had again with all that it is', async () => {
  const agent = { ...plainAgent, id: uuid('agent') as AgentId, target: '1001', tally: freshTally }
  const first = queue('a', { agents: [agent], options: { ...plainQueue, waitMusic: '' } })
  await store.queues.save(first, { events: [created] })
  expect(await store.queues.all()).toEqual([first])
  const changed = { ...first, name: 'b', figures: { ...first.figures, entered: 3 } }
  await store.queues.save(changed)
  expect(await store.queues.all()).toEqual([changed])
  expect(await store.events.after(accountId, 0, 10)).toMatchObject([
    { type: 'queue.created', sequence: 1, callId: null },
  ])
})

test('a name is unique in its account, and nothing of a refused one stays', async () => {
  await store.queues.save(queue('a'))
  const twin = queue('b', { name: 'a' })
  await expect(store.queues.save(twin, { events: [created] })).rejects.toMatchObject({
    ...{ code: 'already_exists', field: 'name' },
  })
  await store.queues.save({ ...twin, accountId: otherAccountId })
  expect((await store.queues.all()).length).toBe(2)
  expect(await store.events.last(accountId)).toBe(0)
})

test('who waits, in the same transactions; gone with the queue', async () => {
  const one = queue('a')
  const two = queue('b')
  await store.queues.save(one, { entered: wait('x', 20) })
  await store.queues.save(one, { entered: wait('y', 10) })
  await store.queues.save(two, { entered: wait('z', 30) })
  const names = async () => (await store.queues.unfinished()).map(({ callId }) => callId)
  expect(await names()).toEqual([wait('y', 0), wait('x', 0), wait('z', 0)].map((w) => w.callId))
  await store.queues.save(one, { left: wait('y', 0).callId })
  await store.queues.remove(two, [])
  expect(await store.queues.unfinished()).toEqual([
    { ...wait('x', 20), queueId: one.id, accountId },
  ])
  expect(await store.queues.all()).toEqual([one])
})
