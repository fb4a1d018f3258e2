/** Lists of which counts are kept, in parts of three rows, while rows come, change and go. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type CallRecord, callStatuses } from '../../../engine/core/call.ts'
import type { AccountId, JournalId } from '../../../engine/core/ids.ts'
import { entryOfCall, type JournalEntry, journalStatuses } from '../../../engine/core/journal.ts'
import type { JournalFilter, JournalSelection } from '../../../engine/core/ports/journal.ts'
import type { CallFilter } from '../../../engine/core/ports/store.ts'
import { accountStore } from '../../../engine/store/accounts.ts'
import { callStore } from '../../../engine/store/calls.ts'
import { journalStore } from '../../../engine/store/journal.ts'
import { JournalTallies } from '../../../engine/store/journal-tallies.ts'
import { migrate } from '../../../engine/store/migrations/index.ts'
import { always, countOf, type Span } from '../../../engine/store/paging.ts'
import type { Db } from '../../../engine/store/schema.ts'
import { Tallies } from '../../../engine/store/tallies.ts'
import { bareDatabase, newPlace, onPostgres } from '../../support/databases.ts'
import fc from '../../support/property.ts'
import { account, accountId, call, testClock, uuid } from './fixtures.ts'

const untold = { onDeliveries: () => undefined, onEvents: () => undefined }
const numRuns = onPostgres ? 5 : 15
let db: Db

beforeEach(async () => {
  db = (await bareDatabase(await newPlace())) as unknown as Db
  await migrate(db)
})
afterEach(() => db.destroy())

const newAccount = (id: AccountId) =>
  accountStore(db, testClock(), () => 'secret').insert({ ...account, id })
const callsInParts = (tallies = new Tallies(db, 'calls.begin_ms', 3)) =>
  callStore(db, testClock(), untold, { tallies })

const statuses = callStatuses.slice(0, 5)
const maybe = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: undefined })
const timeMs = fc.integer({ min: 0, max: 9 })
const pages = { page: fc.integer({ min: 1, max: 12 }), pageSize: fc.constantFrom(1, 2, 4, 100) }
const direction = fc.constantFrom('asc' as const, 'desc' as const)

const callStep = fc.oneof(
  fc.record({
    do: fc.constant('commit' as const),
    name: fc.integer({ min: 0, max: 40 }),
    status: fc.constantFrom(...statuses),
    startedAtMs: fc.option(timeMs),
  }),
  fc.record({
    do: fc.constant('look' as const),
    ...pages,
    status: maybe(fc.constantFrom(...statuses)),
    from: maybe(fc.constantFrom('+1', '+2')),
    startAfterMs: maybe(timeMs),
    startBeforeMs: maybe(timeMs),
  }),
)
const beginOf = (one: CallRecord): number => one.startedAtMs ?? one.createdAtMs
const newestFirst = (one: CallRecord, other: CallRecord): number =>
  beginOf(other) - beginOf(one) || (one.id < other.id ? 1 : -1)
const fits = (one: CallRecord, by: Partial<CallFilter>): boolean =>
  (by.status ?? one.status) === one.status &&
  (by.from ?? one.from) === one.from &&
  beginOf(one) > (by.startAfterMs ?? -1) &&
  beginOf(one) < (by.startBeforeMs ?? 99)
const said = <T extends object>(all: T) =>
  Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))

test('whatever has changed since, a page of calls is what filtering and sorting in memory gives', async () => {
  let run = 0
  await fc.assert(
    fc.asyncProperty(fc.array(callStep, { minLength: 10, maxLength: 80 }), async (steps) => {
      run++
      const mine = uuid(`run ${run}`) as AccountId
      await newAccount(mine)
      const calls = callsInParts()
      const fresh = (name: number) => {
        const from = name % 3 === 0 ? '+1' : '+2'
        return call(`${run} ${name}`, { createdAtMs: name % 10, accountId: mine, from })
      }
      const all = new Map<number, CallRecord>()
      for (let name = 0; name < 30; name++) all.set(name, fresh(name))
      for (const one of all.values()) await calls.commit(one, [])
      for (const one of steps) {
        if (one.do === 'commit') {
          const { name, status, startedAtMs } = one
          const before = all.get(name) ?? fresh(name)
          const now = { ...before, status, startedAtMs: before.startedAtMs ?? startedAtMs }
          all.set(name, now)
          await calls.commit(now, [])
          continue
        }
        const { do: _, page, pageSize, ...by } = one
        const fitting = [...all.values()].filter((made) => fits(made, said(by)))
        const from = (page - 1) * pageSize
        const wanted = fitting.toSorted(newestFirst).slice(from, from + pageSize)
        const found = await calls.list(mine, { page, pageSize, ...said(by) })
        expect(found.total).toBe(fitting.length)
        expect(found.calls.map(({ id }) => id)).toEqual(wanted.map(({ id }) => id))
      }
    }),
    { numRuns },
  )
})

const time = fc.constantFrom('createdAtMs' as const, 'updatedAtMs' as const)
const bound = fc.record({
  of: time,
  is: fc.constantFrom('>' as const, '>=' as const, '<' as const, '<=' as const),
  atMs: timeMs,
})
const journalStep = fc.oneof(
  fc.record({
    do: fc.constant('change' as const),
    name: fc.nat({ max: 24 }),
    status: fc.constantFrom(...journalStatuses),
    updatedAtMs: timeMs,
  }),
  fc.record({
    do: fc.constant('look' as const),
    ...pages,
    status: maybe(fc.constantFrom(...journalStatuses)),
    businesses: maybe(fc.subarray(['a', 'b'])),
    times: fc.array(bound, { maxLength: 2 }),
    sort: fc.array(fc.record({ by: time, direction }), { maxLength: 2 }),
  }),
)
const isBeyond = {
  '>': (one: number, other: number) => one > other,
  '>=': (one: number, other: number) => one >= other,
  '<': (one: number, other: number) => one < other,
  '<=': (one: number, other: number) => one <= other,
}

function inOrder(sort: JournalFilter['sort']) {
  const keys = sort.length > 0 ? sort : [{ by: 'updatedAtMs', direction: 'desc' } as const]
  return (one: JournalEntry, other: JournalEntry): number => {
    for (const { by, direction } of keys) {
      if (one[by] !== other[by]) return (one[by] - other[by]) * (direction === 'asc' ? 1 : -1)
    }
    return (one.id < other.id ? -1 : 1) * (keys.at(-1)?.direction === 'asc' ? 1 : -1)
  }
}

test('entries of the journal that change move in its lists, by either time', async () => {
  let run = 0
  await fc.assert(
    fc.asyncProperty(fc.array(journalStep, { minLength: 10, maxLength: 60 }), async (steps) => {
      run++
      const mine = uuid(`journal ${run}`) as AccountId
      await newAccount(mine)
      const journal = journalStore(db, new JournalTallies(db, 3))
      const all: JournalEntry[] = []
      for (let name = 0; name < 25; name++) {
        const atMs = name % 10
        const made: JournalEntry = {
          ...entryOfCall(call(`${run} ${name}`, { accountId: mine, createdAtMs: atMs })),
          ...{ id: uuid(`${run} ${name}`) as JournalId, callId: null, updatedAtMs: atMs },
          ...{ businessId: name % 3 === 0 ? 'a' : 'b' },
          ...{ sourceId: `${run} ${name}`, externalId: `${run} ${name}` },
        }
        all.push(made)
        await journal.insert(made)
      }
      for (const one of steps) {
        if (one.do === 'change') {
          const { name, status, updatedAtMs } = one
          const before = all[name]
          if (before === undefined) throw new Error('there are fewer')
          all[name] = { ...before, status, updatedAtMs }
          await journal.change(mine, before.id, () => ({ ...before, status, updatedAtMs }))
          continue
        }
        const { page, pageSize, sort, status, businesses, times } = one
        const selection: JournalSelection = {
          ...{ businesses, times },
          ...(status !== undefined && { equals: { status } }),
        }
        const fitting = all.filter(
          (made) =>
            (status ?? made.status) === made.status &&
            (businesses ?? ['a', 'b']).includes(made.businessId) &&
            times.every(({ of, is, atMs }) => isBeyond[is](made[of], atMs)),
        )
        const from = (page - 1) * pageSize
        const wanted = fitting.toSorted(inOrder(sort)).slice(from, from + pageSize)
        const found = await journal.list(mine, { page, pageSize, sort, ...selection })
        expect(found.total).toBe(fitting.length)
        expect(found.entries.map(({ id }) => id)).toEqual(wanted.map(({ id }) => id))
        const counts = await journal.counts(mine, selection)
        const sum = [...counts.values()].reduce((total, count) => total + count, 0)
        expect(sum).toBe(fitting.length)
      }
    }),
    { numRuns },
  )
})

describe('counting', () => {
  /** What is asked for of all calls, and which times. */
  function counter() {
    const spans: Span[] = []
    const counting = {
      ...{ accountId, key: '' },
      count(span: Span) {
        spans.push(span)
        const calls = db.selectFrom('calls').where('account_id', '=', accountId)
        return countOf(
          calls.where('begin_ms', '>=', span.fromMs).where('begin_ms', '<', span.beforeMs),
        )
      },
    }
    return { spans, counting }
  }

  async function sixty(mostCounts?: number) {
    await newAccount(accountId)
    const tallies = new Tallies(db, 'calls.begin_ms', 3, mostCounts)
    const calls = callsInParts(tallies)
    for (let name = 0; name < 60; name++) await calls.commit(call(name, { createdAtMs: name }), [])
    return { tallies, calls }
  }

  test('is done once for each part, however many ask, and again for those that have changed', async () => {
    const { tallies, calls } = await sixty()
    const { spans, counting } = counter()
    const asked = [1, 2, 3, 4].map(() => tallies.parts(counting))
    for (const parts of await Promise.all(asked)) {
      expect(parts.every(({ count }) => count <= 3)).toBe(true)
      expect(parts.reduce((total, { count }) => total + count, 0)).toBe(60)
    }
    expect(spans).toHaveLength(20)
    await calls.commit(call(10, { createdAtMs: 10, status: 'busy' }), [])
    await tallies.parts(counting)
    expect(spans.slice(20)).toEqual([{ fromMs: 9, beforeMs: 12 }])
    await tallies.parts(counting, { fromMs: 10, beforeMs: 50 })
    expect(spans.slice(21)).toEqual([
      { fromMs: 10, beforeMs: 12 },
      { fromMs: 48, beforeMs: 50 },
    ])
  })

  test('goes on in small parts when more have come', async () => {
    const { tallies, calls } = await sixty()
    const { counting } = counter()
    await tallies.parts(counting)
    for (let name = 60; name < 80; name++) await calls.commit(call(name, { createdAtMs: name }), [])
    const parts = await tallies.parts(counting)
    expect(Math.max(...parts.map(({ count }) => count))).toBe(3)
    expect(parts).toHaveLength(27)
  })

  test('of many that began at once is right', async () => {
    await newAccount(accountId)
    const tallies = new Tallies(db, 'calls.begin_ms', 3)
    const calls = callsInParts(tallies)
    for (let name = 0; name < 20; name++) await calls.commit(call(name, { createdAtMs: 5 }), [])
    for (let name = 20; name < 24; name++) await calls.commit(call(name, { createdAtMs: 6 }), [])
    const parts = await tallies.parts(counter().counting)
    expect(parts.map(({ count }) => count)).toEqual([0, 20, 4])
  })

  test('is kept of so many filters and no more', async () => {
    const { tallies } = await sixty(50)
    const { spans, counting } = counter()
    for (const key of ['a', 'b', 'a', 'c']) await tallies.parts({ ...counting, key })
    expect(spans).toHaveLength(60)
    await tallies.parts({ ...counting, key: 'a' })
    expect(spans).toHaveLength(80)
  })

  test('of a few is by their index, until some of a filter are kept', async () => {
    const { tallies } = await sixty()
    const { spans, counting } = counter()
    let areFew = true
    let asked = 0
    const isFew = async () => {
      asked++
      return areFew
    }
    expect(await tallies.parts({ ...counting, isFew })).toEqual([{ ...always, count: 60 }])
    expect(spans).toEqual([always])
    areFew = false
    for (let n = 0; n < 2; n++) await tallies.parts({ ...counting, isFew })
    expect(asked).toBe(2)
    expect(spans).toHaveLength(21)
  })

  test('that fails is done again', async () => {
    const { tallies } = await sixty()
    const { counting } = counter()
    const failing = { ...counting, count: () => Promise.reject(new Error('lost')) }
    await expect(tallies.parts(failing)).rejects.toThrow('lost')
    const parts = await tallies.parts(counting)
    expect(parts.reduce((total, { count }) => total + count, 0)).toBe(60)
  })

  test('that a change overtakes is done again', async () => {
    const { tallies } = await sixty()
    const { counting } = counter()
    await tallies.parts({ ...counting, key: 'others' })
    const part = { fromMs: 9, beforeMs: 12 }
    const [begun, overtaken] = [Promise.withResolvers<void>(), Promise.withResolvers<number>()]
    const late = (): Promise<number> => {
      begun.resolve()
      return overtaken.promise
    }
    const first = tallies.parts({ ...counting, count: late }, part)
    await begun.promise
    await tallies.told(accountId, Promise.resolve(), () => [10])
    overtaken.resolve(99)
    await first
    expect(await tallies.parts(counting, part)).toEqual([{ ...part, count: 3 }])
  })

  test('begins anew when nobody can tell what became of a change', async () => {
    const { tallies } = await sixty()
    const { spans, counting } = counter()
    await tallies.parts(counting)
    const lost = tallies.told(accountId, Promise.reject(new Error('lost')), () => [])
    await expect(lost).rejects.toThrow('lost')
    await tallies.parts(counting, always)
    expect(spans).toHaveLength(40)
  })
})
