import { DatabaseSync } from 'node:sqlite'
import { Kysely } from 'kysely'
import { beforeAll, describe, expect, test } from 'vitest'
import { journalIdOf } from '../../../engine/core/journal.ts'
import type { JournalSelection } from '../../../engine/core/ports/journal.ts'
import type { CallFilter, Store } from '../../../engine/core/ports/store.ts'
import { accountStore } from '../../../engine/store/accounts.ts'
import { callStore } from '../../../engine/store/calls.ts'
import { journalStore } from '../../../engine/store/journal.ts'
import { migrate } from '../../../engine/store/migrations/index.ts'
import type { Tables } from '../../../engine/store/schema.ts'
import { sqliteDialect } from '../../../engine/store/sqlite.ts'
import { account, accountId, call, event, testClock } from './fixtures.ts'

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
  return asked.map(({ sql, parameters }) => {
    const rows = database.prepare(`explain query plan ${sql}`).all(...(parameters as string[]))
    return { sql, plan: rows.map((row) => String(row['detail'])) }
  })
}

/** Counting and skipping read an index alone; whole rows are only ever those of one page, by their ids. */
function expectIndexOnly(plans: readonly Asked[], table: string): void {
  expect(plans).toHaveLength(2)
  for (const { sql, plan } of plans) {
    const steps = plan.filter((step) => step.includes(` ${table} `))
    const wanted = / USING (COVERING INDEX |INDEX sqlite_autoindex_\w+_1 \(id=\?\))/
    expect({ sql, read: steps.filter((step) => !wanted.test(step)) }).toEqual({ sql, read: [] })
    expect(steps.length).toBeGreaterThan(0)
  }
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
