import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { JournalId } from '../../../engine/core/ids.ts'
import {
  entryOfCall,
  type JournalContent,
  type JournalEntry,
  journalIdOf,
  moved,
} from '../../../engine/core/journal.ts'
import type { JournalFilter } from '../../../engine/core/ports/journal.ts'
import type { Store } from '../../../engine/core/ports/store.ts'
import fc from '../../support/property.ts'
import { accountId, call, callId, event, memoryStore, otherAccountId, uuid } from './fixtures.ts'

let store: Store
beforeEach(async () => {
  store = await memoryStore()
})
afterEach(() => store.close())

const content: JournalContent = {
  businessId: 'business é😀',
  staffId: "o'hara",
  clientId: 'client',
  from: '+14155550148',
  to: '+14155550901',
  direction: 'inbound',
  status: 'missed',
  rate: '0.05',
  provider: 'CARRIER',
  sourceId: 'source',
  externalId: 'external',
}
const entry = (name: string | number, changes: Partial<JournalEntry> = {}): JournalEntry => ({
  ...entryOfCall(call(name)),
  ...content,
  id: uuid(`entry ${name}`) as JournalId,
  callId: null,
  sourceId: `source ${name}`,
  externalId: `external ${name}`,
  recordedAs: content,
  ...changes,
})

test('an entry comes back as it was written, every field', async () => {
  await store.calls.commit(call(1), [])
  const details = {
    ...{ summary: 'x\n"y"', appUrl: 'https://a.example', appName: 'A', durationS: 7 },
    ...{ price: '0.1', recordingId: 'r' },
  }
  const full = moved(entry(1, { id: journalIdOf(callId(1)), callId: callId(1), details }), {
    ...{ status: 'missed_handled', atMs: 9_000, by: 'me', handledBy: 'you' },
  })
  await store.journal.insert(full)
  expect(await store.journal.get(accountId, full.id)).toEqual(full)
  expect(await store.journal.get(otherAccountId, full.id)).toBeUndefined()
})

describe('ids of a business', () => {
  test.each([
    ['the same source', { sourceId: 'source 1' }, false],
    ['the same external id', { externalId: 'external 1' }, false],
    ['of another business', { ...content, sourceId: 'source 1', businessId: 'other' }, true],
    ['of another account', { sourceId: 'source 1', accountId: otherAccountId }, true],
  ])('%s', async (_name, changes, isFine) => {
    await store.journal.insert(entry(1))
    const second = store.journal.insert(entry(2, changes))
    if (isFine) await second
    else await expect(second).rejects.toMatchObject({ code: 'already_exists' })
  })

  test('an entry is found by either', async () => {
    const [one, two] = [entry(1), entry(2)]
    await store.journal.insert(one)
    await store.journal.insert(two)
    const find = (sourceId: string, externalId: string, businessId = content.businessId) =>
      store.journal.ofSource(accountId, { businessId, sourceId, externalId })
    expect(await find('source 1', 'external 1')).toEqual([one])
    expect(await find('source 1', 'x')).toEqual([one])
    expect(await find('x', 'external 2')).toEqual([two])
    expect(await find('source 1', 'external 2')).toEqual([one, two])
    expect(await find('source 1', 'external 1', 'other')).toEqual([])
  })
})

describe('a change', () => {
  test('is seen whole by the next, however many come at once', async () => {
    await store.journal.insert(entry(1))
    const { id } = entry(1)
    const turns = Array.from({ length: 20 }, (_, turn) => turn)
    await Promise.all(
      turns.map((turn) =>
        store.journal.change(accountId, id, (now) =>
          moved(now, { status: turn % 2 ? 'missed' : 'voicemail', atMs: turn, by: `${turn}` }),
        ),
      ),
    )
    const changed = await store.journal.get(accountId, id)
    expect(changed?.changes.map(({ by }) => by)).toEqual(turns.map(String))
  })

  test('that throws writes nothing; of another account there is nothing to change', async () => {
    await store.journal.insert(entry(1))
    const failing = store.journal.change(accountId, entry(1).id, () => {
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    const other = await store.journal.change(otherAccountId, entry(1).id, (now) => ({
      ...now,
      rate: '9',
    }))
    expect(other).toBeUndefined()
    expect(await store.journal.get(accountId, entry(1).id)).toEqual(entry(1))
  })

  test('to the id of another entry is refused', async () => {
    await store.journal.insert(entry(1))
    await store.journal.insert(entry(2))
    const taken = store.journal.change(accountId, entry(2).id, (now) => ({
      ...now,
      sourceId: 'source 1',
    }))
    await expect(taken).rejects.toMatchObject({ code: 'already_exists' })
    expect(await store.journal.get(accountId, entry(2).id)).toEqual(entry(2))
  })
})

describe('calls write their entries', () => {
  const statusOf = async (name: number) =>
    (await store.journal.get(accountId, journalIdOf(callId(name))))?.status

  test('with the commit that tells of them', async () => {
    await store.calls.commit(call(1), [])
    expect(await statusOf(1)).toBeUndefined()
    await store.calls.commit(call(1), [event(call(1), 'call.queued')])
    expect(await statusOf(1)).toBe('ringing')
    const up = call(1, { status: 'in-progress', answeredAtMs: 2_000 })
    await store.calls.commit(up, [event(up, 'verb.started', 2_000)])
    expect(await statusOf(1)).toBe('ringing')
    await store.calls.commit(up, [event(up, 'call.in-progress', 2_000)])
    expect(await statusOf(1)).toBe('answered_by_program')
    await store.calls.commit(up, [event(up, 'bridge.started', 3_000)])
    expect(await store.journal.get(accountId, journalIdOf(callId(1)))).toMatchObject({
      status: 'answered',
      createdAtMs: 1_000,
      updatedAtMs: 3_000,
    })
  })

  test('or not at all, when the commit fails', async () => {
    const bad = { ...event(call(1), 'call.queued'), callId: callId('nowhere') }
    const failing = store.calls.commit(call(1), [event(call(1), 'call.queued'), bad])
    await expect(failing).rejects.toThrow()
    expect(await statusOf(1)).toBeUndefined()
  })

  test('a leg writes none', async () => {
    await store.calls.commit(call(1), [event(call(1), 'call.queued')])
    const leg = call(2, { parentId: callId(1) })
    await store.calls.commit(leg, [event(leg, 'call.queued')])
    expect(await statusOf(2)).toBeUndefined()
  })

  test('a business that took the id of a call for its own stops no call', async () => {
    await store.journal.insert(entry(9, { businessId: accountId, sourceId: callId(1) }))
    await store.calls.commit(call(1), [event(call(1), 'call.queued')])
    expect((await store.calls.get(accountId, callId(1)))?.status).toBe('queued')
  })
})

describe('lists', () => {
  const all = (filter: Partial<JournalFilter> = {}) =>
    store.journal.list(accountId, { page: 1, pageSize: 100, sort: [], ...filter })
  const names = async (filter: Partial<JournalFilter> = {}) =>
    (await all(filter)).entries.map(({ sourceId }) => sourceId.replace('source ', ''))
  const fill = async () => {
    await store.journal.insert(entry('a', { createdAtMs: 1, updatedAtMs: 9, staffId: 's1' }))
    await store.journal.insert(entry('b', { createdAtMs: 2, updatedAtMs: 7, businessId: 'B' }))
    await store.journal.insert(entry('c', { createdAtMs: 3, updatedAtMs: 8, status: 'voicemail' }))
    await store.journal.insert(entry('x', { accountId: otherAccountId }))
  }

  test('the newest change first, unless asked otherwise', async () => {
    await fill()
    expect(await names()).toEqual(['a', 'c', 'b'])
    const sorted = (by: 'createdAtMs' | 'updatedAtMs', direction: 'asc' | 'desc') =>
      names({ sort: [{ by, direction }] })
    expect(await sorted('createdAtMs', 'asc')).toEqual(['a', 'b', 'c'])
    expect(await sorted('createdAtMs', 'desc')).toEqual(['c', 'b', 'a'])
    expect(await sorted('updatedAtMs', 'asc')).toEqual(['b', 'c', 'a'])
  })

  test('of some businesses, of none, and by what is in them', async () => {
    await fill()
    expect(await names({ businesses: ['B', 'nobody'] })).toEqual(['b'])
    expect(await all({ businesses: [] })).toEqual({ entries: [], total: 0 })
    expect(await names({ equals: { staffId: 's1' } })).toEqual(['a'])
    expect(await names({ equals: { status: 'voicemail', direction: 'inbound' } })).toEqual(['c'])
    expect(await names({ businesses: ['B'], equals: { businessId: content.businessId } })).toEqual(
      [],
    )
    const times = [{ of: 'createdAtMs', is: '>', atMs: 1 } as const]
    expect(await names({ times })).toEqual(['c', 'b'])
    const span = [...times, { of: 'updatedAtMs', is: '<=', atMs: 7 } as const]
    expect(await names({ times: span })).toEqual(['b'])
  })

  test('are counted by status', async () => {
    await fill()
    const counts = async (selection = {}) =>
      Object.fromEntries(await store.journal.counts(accountId, selection))
    expect(await counts()).toEqual({ missed: 2, voicemail: 1 })
    expect(await counts({ businesses: ['B'] })).toEqual({ missed: 1 })
    expect(await counts({ businesses: [] })).toEqual({})
    expect(await counts({ equals: { status: 'voicemail' } })).toEqual({ voicemail: 1 })
  })

  test('pages put together are the list, in any order, whatever has the same time', async () => {
    const time = fc.integer({ min: 1, max: 3 })
    const sort = fc.array(
      fc.record({
        by: fc.constantFrom('createdAtMs' as const, 'updatedAtMs' as const),
        direction: fc.constantFrom('asc' as const, 'desc' as const),
      }),
      { maxLength: 2 },
    )
    const made = fc.array(fc.tuple(time, time), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(
        made,
        sort,
        fc.integer({ min: 1, max: 5 }),
        async (rows, order, pageSize) => {
          const fresh = await memoryStore()
          for (const [index, [createdAtMs, updatedAtMs]] of rows.entries()) {
            await fresh.journal.insert(entry(index, { createdAtMs, updatedAtMs }))
          }
          const paged: JournalEntry[] = []
          for (let page = 1; page <= Math.ceil(rows.length / pageSize) + 1; page++) {
            const filter = { page, pageSize, sort: order }
            const { entries, total } = await fresh.journal.list(accountId, filter)
            expect(total).toBe(rows.length)
            paged.push(...entries)
          }
          await fresh.close()
          expect(new Set(paged.map(({ id }) => id)).size).toBe(rows.length)
          const keys =
            order.length > 0 ? order : [{ by: 'updatedAtMs', direction: 'desc' } as const]
          for (const [index, one] of paged.entries()) {
            const next = paged[index + 1]
            if (next === undefined) continue
            const step = keys
              .map(({ by, direction }) => (direction === 'asc' ? 1 : -1) * (next[by] - one[by]))
              .find((difference) => difference !== 0)
            expect(step ?? 1).toBeGreaterThan(0)
          }
        },
      ),
      { numRuns: 40 },
    )
  })
})
