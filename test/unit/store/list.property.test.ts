import { expect, test } from 'vitest'
import { type CallRecord, callStatuses } from '../../../engine/core/call.ts'
import type { CallFilter } from '../../../engine/core/ports/store.ts'
import { onPostgres } from '../../support/databases.ts'
import fc from '../../support/property.ts'
import { accountId, call, memoryStore, otherAccountId } from './fixtures.ts'

// Few values, so that filters meet and times collide.
const parties = ['+61400000001', '+61400000002', 'alice', "o'%_--"]
const timeMs = fc.integer({ min: 0, max: 8 })
const record = fc.record({
  accountId: fc.constantFrom(accountId, accountId, otherAccountId),
  status: fc.constantFrom(...callStatuses),
  direction: fc.constantFrom('inbound' as const, 'outbound' as const),
  from: fc.constantFrom(...parties),
  to: fc.constantFrom(...parties),
  createdAtMs: timeMs,
  startedAtMs: fc.option(timeMs),
})
const filter: fc.Arbitrary<CallFilter> = fc.record(
  {
    page: fc.integer({ min: 1, max: 5 }),
    pageSize: fc.constantFrom(1, 2, 3, 7, 100),
    status: fc.constantFrom(...callStatuses),
    direction: fc.constantFrom('inbound' as const, 'outbound' as const),
    from: fc.constantFrom(...parties, 'nobody'),
    to: fc.constantFrom(...parties),
    startAfterMs: timeMs,
    startBeforeMs: timeMs,
  },
  { requiredKeys: ['page', 'pageSize'] },
)

const beginOf = (one: CallRecord): number => one.startedAtMs ?? one.createdAtMs

function naiveList(calls: readonly CallRecord[], by: CallFilter): CallRecord[] {
  return calls
    .filter((one) => one.accountId === accountId)
    .filter((one) => by.status === undefined || one.status === by.status)
    .filter((one) => by.direction === undefined || one.direction === by.direction)
    .filter((one) => by.from === undefined || one.from === by.from)
    .filter((one) => by.to === undefined || one.to === by.to)
    .filter((one) => by.startAfterMs === undefined || beginOf(one) > by.startAfterMs)
    .filter((one) => by.startBeforeMs === undefined || beginOf(one) < by.startBeforeMs)
    .toSorted((a, b) => beginOf(b) - beginOf(a) || (a.id < b.id ? 1 : -1))
}

test('a list is what filtering and sorting in memory gives, page by page', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(record, { maxLength: 30 }),
      fc.array(filter, { minLength: 1, maxLength: 12 }),
      async (records, filters) => {
        const store = await memoryStore()
        const calls = records.map((over, index) => call(index, over))
        for (const one of calls) await store.calls.commit(one, [])
        for (const by of filters) {
          const expected = naiveList(calls, by)
          const offset = (by.page - 1) * by.pageSize
          expect(await store.calls.list(accountId, by)).toEqual({
            calls: expected.slice(offset, offset + by.pageSize),
            total: expected.length,
          })
        }
        await store.close()
      },
    ),
    { numRuns: onPostgres ? 15 : 60 },
  )
})

test('every call is on exactly one page, also when all began at once', async () => {
  const store = await memoryStore()
  for (let index = 0; index < 25; index++) await store.calls.commit(call(index), [])
  const seen: string[] = []
  for (let page = 1; page <= 4; page++) {
    const { calls, total } = await store.calls.list(accountId, { page, pageSize: 7 })
    expect(total).toBe(25)
    seen.push(...calls.map((one) => one.id))
  }
  expect(new Set(seen).size).toBe(25)
  expect(seen).toHaveLength(25)
  expect((await store.calls.list(accountId, { page: 5, pageSize: 7 })).calls).toEqual([])
  await store.close()
})

test('totals stay true while calls begin, go on and end, also when both are asked at once', async () => {
  const step = fc.record({
    index: fc.nat({ max: 12 }),
    status: fc.constantFrom(...callStatuses),
    by: fc.record({ status: fc.option(fc.constantFrom(...callStatuses), { nil: undefined }) }),
    isAwaited: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
      const store = await memoryStore()
      const now = new Map<number, CallRecord>()
      const work: Promise<unknown>[] = []
      for (const { index, status, by, isAwaited } of steps) {
        const one = call(index, { status })
        now.set(index, one)
        const filter = { page: 1, pageSize: 5, ...(by.status && { status: by.status }) }
        const both = [store.calls.commit(one, []), store.calls.list(accountId, filter)]
        if (isAwaited) await Promise.all(both)
        else work.push(...both)
      }
      await Promise.all(work)
      for (const status of [undefined, ...callStatuses]) {
        const filter = { page: 1, pageSize: 5, ...(status && { status }) }
        const wanted = [...now.values()].filter((one) => (status ?? one.status) === one.status)
        expect((await store.calls.list(accountId, filter)).total).toBe(wanted.length)
      }
      await store.close()
    }),
    { numRuns: onPostgres ? 10 : 100 },
  )
})
