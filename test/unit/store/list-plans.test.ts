import { DatabaseSync } from 'node:sqlite'
import { Kysely } from 'kysely'
import { beforeAll, describe, expect, test } from 'vitest'
import { journalIdOf } from '../../../engine/core/journal.ts'
import type { JournalSelection } from '../../../engine/core/ports/journal.ts'
import type { CallFilter, Store } from '../../../engine/core/ports/store.ts'
import { accountStore } from '../../../engine/store/accounts.ts'
import { callStore } from '../../../engine/store/calls.ts'
import { conferenceStore } from '../../../engine/store/conferences.ts'
import { deliveryList } from '../../../engine/store/deliveries.ts'
import { journalStore } from '../../../engine/store/journal.ts'
import { migrate } from '../../../engine/store/migrations/index.ts'
import { moneyStore } from '../../../engine/store/money/money-store.ts'
import { recordingStore } from '../../../engine/store/recordings.ts'
import type { Tables } from '../../../engine/store/schema.ts'
import { sqliteDialect } from '../../../engine/store/sqlite.ts'
import { account, accountId, call, callId, event, testClock } from './fixtures.ts'

/** What SQLite was asked, and how it went about it. */
interface Asked {
  readonly sql: string
  readonly plan: readonly string[]
}

const database = new DatabaseSync(':memory:')
const asked: { sql: string; parameters: readonly unknown[] }[] = []
const db = new Kysely<Tables>({
  dialect: sqliteDialect(database),
  log({ query: { sql, parameters } }) {
    asked.push({ sql, parameters })
  },
})
const calls: Store['calls'] = callStore(db, testClock(), {
  onDeliveries: () => undefined,
  onEvents: () => undefined,
})
const journal = journalStore(db)

beforeAll(async () => {
  await migrate(db)
  await accountStore(db, testClock(), () => 'secret').insert(account)
  for (const name of [1, 2, 3]) await calls.commit(call(name), [event(call(name), 'call.queued')])
})

async function plansOf(list: () => Promise<{ total: number }>): Promise<Asked[]> {
  asked.length = 0
  expect((await list()).total).toBeGreaterThan(0)
  return plansOfAsked()
}

function plansOfAsked(): Asked[] {
  return asked.map(({ sql, parameters }) => {
    const rows = database.prepare(`explain query plan ${sql}`).all(...(parameters as string[]))
    return { sql, plan: rows.map((row) => String(row['detail'])) }
  })
}

/**
 * Looking whether there are many, counting and skipping read an index alone; whole rows are only ever those of one page,
 * by their ids.
 */
function expectIndexOnly(plans: readonly Asked[], table: string): void {
  expect(plans.length).toBeGreaterThan(0)
  expect(plans.length).toBeLessThanOrEqual(4)
  for (const { sql, plan } of plans) {
    const steps = plan.filter((step) => step.includes(` ${table} `))
    const wanted = / USING (COVERING INDEX |INDEX sqlite_autoindex_\w+_1 \(id=\?\))/
    expect({ sql, read: steps.filter((step) => !wanted.test(step)) }).toEqual({ sql, read: [] })
    expect(steps.length).toBeGreaterThan(0)
  }
}

/** Nothing is gone through from end to end, and no more is sorted than one page. */
async function expectNoScan(table: string, index: string, ask: () => Promise<unknown>) {
  asked.length = 0
  await ask()
  const plan = plansOfAsked().flatMap(({ plan }) => plan)
  const keys = 'USING INTEGER PRIMARY KEY'
  const steps = plan.filter((step) => step.includes(` ${table} `) || step.endsWith(` ${table}`))
  const strays = steps.filter((step) => !(step.includes(index) || step.includes(keys)))
  expect(strays).toEqual([])
  expect(steps.some((step) => step.includes(index))).toBe(true)
}

const { from, to } = call(1)

describe('calls', () => {
  const filters: readonly [string, Partial<CallFilter>][] = [
    ['no filter', {}],
    ['a status', { status: 'queued' }],
    ['a direction', { direction: 'outbound' }],
    ['status and direction', { status: 'queued', direction: 'outbound' }],
    ['a caller', { from }],
    ['a called', { to }],
    ['a caller and a called', { from, to }],
    ['a time', { startAfterMs: 0, startBeforeMs: Number.MAX_SAFE_INTEGER }],
  ]
  test.each(filters)('a page by %s reads no more rows than it has', async (_name, filter) => {
    const page = { page: 1, pageSize: 2, ...filter }
    expectIndexOnly(await plansOf(() => calls.list(accountId, page)), 'calls')
  })
})

test('the parties of calls are found by their ids', async () => {
  asked.length = 0
  const parties = await calls.parties(accountId, [callId(1), callId(2), callId('none')])
  expect([...parties.keys()]).toEqual(expect.arrayContaining([callId(1), callId(2)]))
  expect(parties.size).toBe(2)
  expect(plansOfAsked().map(({ plan }) => plan)).toEqual([
    [expect.stringContaining('sqlite_autoindex_calls_1 (id=?)')],
  ])
})

describe('recordings', () => {
  const recordings = recordingStore(db)
  const nowMs = 1_000_000

  test('are counted by an index alone', async () => {
    asked.length = 0
    await recordings.list(accountId, { page: 1, pageSize: 2 })
    const counting = plansOfAsked().find(({ sql }) => sql.includes('count('))
    expect(counting?.plan).toEqual([expect.stringContaining('USING COVERING INDEX recordings_by_')])
  })

  test('whose time is over are found by when they were made, and by a time of their own', async () => {
    asked.length = 0
    await recordings.expired(accountId, { madeBeforeMs: 500, nowMs }, 10)
    expect(plansOfAsked().map(({ plan }) => plan)).toEqual([
      [expect.stringContaining('recordings_retained (account_id=? AND retain_until_ms')],
      [expect.stringContaining('recordings_by_time (account_id=? AND created_at_ms<?)')],
    ])
  })

  test.each([
    ['recordings_deleting', () => recordings.deleting(10)],
    ['recordings_unsettled', () => recordings.unsettled()],
    ['recordings_to_upload', () => recordings.toUpload(10)],
    ['recordings_to_transcribe', () => recordings.toTranscribe(10)],
  ] as const)('wait in order in an index: %s', async (index, ask) => {
    asked.length = 0
    await ask()
    const [{ plan } = { plan: [] }] = plansOfAsked()
    expect(plan).toEqual([expect.stringContaining(`USING INDEX ${index}`)])
  })
})

test('the end of a day of the chain is found in an index, however many recordings the day had', async () => {
  const recordings = recordingStore(db)
  const dayMs = 86_400_000
  const known = { sequence: 9, day: '1970-01-01', hash: 'x' }
  for (const atMs of [0, 1, dayMs, 2 * dayMs])
    await recordings.chain.setBack(accountId, known, atMs)
  const entries = await recordings.chain.entries(accountId, 0, 9)
  const closed = entries.filter(({ kind }) => kind === 'closed')
  expect(closed.map(({ data }) => JSON.parse(data).entries)).toEqual([2, 1])
  asked.length = 0
  await recordings.chain.setBack(accountId, known, 3 * dayMs)
  expect(plansOfAsked().flatMap(({ plan }) => plan)).toContainEqual(
    expect.stringContaining('USING INDEX recording_chain_days (account_id=?)'),
  )
  const gone = plansOfAsked().flatMap(({ plan }) => plan)
  expect(gone.filter((step) => step.startsWith('SCAN'))).toEqual([])
})

describe('the journal', () => {
  const status = { equals: { status: 'ringing' } } as const
  const selections: readonly [string, JournalSelection][] = [
    ['no filter', {}],
    ['one business', { businesses: [accountId] }],
    ['two businesses', { businesses: [accountId, 'another'] }],
    ['a status', status],
    ['a status in a business', { ...status, businesses: [accountId] }],
    ['a time', { times: [{ of: 'updatedAtMs', is: '>', atMs: 0 }] }],
    ['a direction', { equals: { direction: 'outbound' } }],
    ['a caller', { equals: { from } }],
    ['a caller in a business', { equals: { from }, businesses: [accountId] }],
    ['a called in two businesses', { equals: { to }, businesses: [accountId, 'another'] }],
  ]
  test.each(selections)('a page by %s reads no more rows than it has', async (_name, selection) => {
    const page = { page: 1, pageSize: 2, sort: [], ...selection }
    expectIndexOnly(await plansOf(() => journal.list(accountId, page)), 'journal')
  })

  test.each(['staffId', 'clientId'] as const)(
    'a page by %s reads its index alone',
    async (name) => {
      await journal.change(accountId, journalIdOf(call(1).id), (entry) => ({
        ...entry,
        [name]: 'x',
      }))
      const page = { page: 1, pageSize: 2, sort: [], equals: { [name]: 'x' } }
      expectIndexOnly(await plansOf(() => journal.list(accountId, page)), 'journal')
    },
  )

  test.each([
    ['sourceId', 'source_id'],
    ['externalId', 'external_id'],
  ] as const)('a page by %s reads what has it', async (name, column) => {
    const page = { page: 1, pageSize: 2, sort: [], equals: { [name]: call(1).id } }
    for (const { sql, plan } of await plansOf(() => journal.list(accountId, page))) {
      expect({ sql, plan: plan.join('\n') }).toEqual({
        sql,
        plan: expect.stringContaining(`(account_id=? AND ${column}=?)`),
      })
    }
  })
})

test('the conferences that are going on are found by their status, however many have ended', () => {
  const told = { onDeliveries: () => undefined, onEvents: () => undefined }
  const conferences = conferenceStore(db, testClock(), told)
  return expectNoScan('conferences', 'conferences_by_status (account_id=? AND status=?)', () =>
    conferences.live(accountId),
  )
})

describe('deliveries', () => {
  const deliveries = deliveryList(db, testClock(), () => undefined)
  const webhookId = callId(1) as never
  test.each([
    ['no filter', 'of_account (account_id=? AND state=?)', {}],
    ['before a number', 'of_account (account_id=? AND state=? AND id<?)', { before: 9 }],
    ['a state', 'of_account (account_id=? AND state=?)', { state: 'dead' as const }],
    ['a webhook', 'of_webhook (webhook_id=? AND state=?)', { webhookId }],
    ['a call', 'of_subject (subject_id=?)', { callId: callId(1) }],
  ])('a page by %s is read in the order of its index', (_name, index, filter) =>
    expectNoScan('deliveries', `deliveries_${index}`, () =>
      deliveries.list(accountId, { ...filter, limit: 2 }),
    ),
  )

  test('what is old is found by its time', () =>
    expectNoScan('deliveries', 'deliveries_settled', () => deliveries.sweep(5, 2)))
})

describe('the ledger', () => {
  const money = moneyStore(db, testClock(), () => undefined)
  const wanted = { after: 0, limit: 2 }
  test('a page of a kind is read by the kind', () =>
    expectNoScan('ledger_entries', 'ledger_by_kind (account_id=? AND kind=? AND sequence>?)', () =>
      money.entries(accountId, { ...wanted, kinds: ['top-up', 'adjustment'] }),
    ))

  test('a page of a time begins and ends where the time does', async () => {
    asked.length = 0
    await money.entries(accountId, { ...wanted, fromMs: 5, toMs: 9 })
    expect(plansOfAsked().flatMap(({ plan }) => plan)).toEqual([
      expect.stringContaining('ledger_by_time (account_id=? AND at_ms<?)'),
      expect.stringContaining('ledger_by_time (account_id=? AND at_ms<?)'),
      expect.stringContaining('(account_id=? AND sequence>? AND sequence<?)'),
    ])
  })
})
