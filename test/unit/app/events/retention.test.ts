/** Old events and deliveries go, a little at a time, and whoever reads from before is told. */
import { afterEach, expect, test } from 'vitest'
import { keepEvents } from '../../../../engine/app/events/retention.ts'
import type { Store } from '../../../../engine/core/ports/store.ts'
import { settle, VirtualClock } from '../../../support/virtual-clock.ts'
import { accountId, call, event, memoryStore } from '../../store/fixtures.ts'
import { testLog } from '../../web/server.ts'

const dayMs = 86_400_000
let store: Store
afterEach(() => store.close())

test('what is older than that goes once an hour, and nothing else', async () => {
  const clock = new VirtualClock()
  store = await memoryStore(clock)
  const row = call('a', { statusCallback: 'https://app.example/' })
  const happens = (count: number, atMs: number) =>
    store.calls.commit(
      row,
      Array.from({ length: count }, () => event(row, 'call.ringing', atMs)),
    )
  await happens(2_500, clock.nowMs() - 10 * dayMs)
  await happens(5, clock.nowMs() - dayMs)
  for (let n = 0; n < 3; n++) {
    const [one] = await store.outbox.due(clock.nowMs(), 1)
    await store.outbox.delivered(one?.id ?? 0)
  }
  const lines: string[] = []
  const stop = keepEvents({ store, clock, log: testLog(lines) }, 7 * dayMs)
  await settle()
  await clock.advance(1_000)
  const page = await store.events.page(accountId, { after: 0, limit: 100 })
  expect(page).toMatchObject({ goneTo: 2_500, next: 2_505, hasMore: false })
  expect(page.events.map(({ sequence }) => sequence)).toEqual([2_501, 2_502, 2_503, 2_504, 2_505])
  expect(lines).toEqual(['old events were removed'])
  // what is still to be sent has its event all the same
  const [next] = await store.outbox.due(clock.nowMs(), 1)
  expect(next?.event).toMatchObject({ sequence: 4, type: 'call.ringing' })
  const delivered = () => store.deliveries.list(accountId, { state: 'delivered', limit: 10 })
  expect(await delivered()).toHaveLength(3)
  await clock.advance(8 * dayMs)
  expect(await delivered()).toEqual([])
  expect((await store.events.page(accountId, { after: 0, limit: 1 })).goneTo).toBe(2_505)
  stop()
  expect(clock.pendingTimers).toBe(0)
})

test('a store that cannot be asked is asked again an hour later', async () => {
  const clock = new VirtualClock()
  store = await memoryStore(clock)
  const lines: string[] = []
  let isBroken = true
  const { sweep } = store.deliveries
  store.deliveries.sweep = (...args) =>
    isBroken ? Promise.reject(new Error('disk')) : sweep(...args)
  const stop = keepEvents({ store, clock, log: testLog(lines) }, dayMs)
  await settle()
  expect(lines).toEqual(['old events could not be removed'])
  isBroken = false
  await clock.advance(3_600_000)
  expect(lines).toHaveLength(1)
  stop()
})
