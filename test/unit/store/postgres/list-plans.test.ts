// With many calls stored, the lists of the API read their pages by an index, as on SQLite.

import { Kysely } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CallFilter, Store } from '../../../../engine/core/ports/store.ts'
import { accountStore } from '../../../../engine/store/accounts.ts'
import { callStore } from '../../../../engine/store/calls.ts'
import { eventStore } from '../../../../engine/store/events.ts'
import { journalStore } from '../../../../engine/store/journal.ts'
import { openPostgres } from '../../../../engine/store/postgres/open.ts'
import type { Db, Tables } from '../../../../engine/store/schema.ts'
import { askDatabase, newDatabase } from '../../../support/databases.ts'
import { account, accountId, call, event, testClock } from '../fixtures.ts'

const stored = 20_000
const { from, to } = { from: '+150077', to: '+160077' }
const page = { page: 1, pageSize: 20 }
const told = { onDeliveries: () => undefined, onEvents: () => undefined }
const asked: { sql: string; parameters: readonly unknown[] }[] = []
let url: string
let db: Db
let calls: Store['calls']

/** One call with its log and its entry, many times over: other ids, times a second apart, a tenth of them busy. */
const multiply = async (): Promise<void> => {
  const copy = async (table: string, changed: Readonly<Record<string, string>>) => {
    const columns = await askDatabase(
      url,
      `select column_name as name from information_schema.columns where table_name = '${table}'`,
    )
    const names = columns.map(({ name }) => String(name))
    const values = names.map((name) => changed[name] ?? `"${name}"`)
    await askDatabase(
      url,
      `insert into ${table} (${names.map((name) => `"${name}"`).join()})
       select ${values.join()} from ${table}, generate_series(1, ${stored}) as n`,
    )
  }
  const later = (column: string): string => `${column} + n * 1000`
  const id = "md5('call' || n)"
  const party = "'+1500' || n % 500"
  await copy('calls', {
    ...{ id, from_party: party, to_party: "'+1600' || n % 700" },
    ...{ begin_ms: later('begin_ms'), created_at_ms: later('created_at_ms') },
    status: "case when n % 10 = 0 then 'busy' else status end",
  })
  await copy('events', { call_id: id, sequence: 'sequence + n', at_ms: later('at_ms') })
  await copy('journal', {
    ...{ id: "md5('entry' || n)", call_id: id, source_id: id, external_id: id, from_party: party },
    ...{ created_at_ms: later('created_at_ms'), updated_at_ms: later('updated_at_ms') },
  })
  await askDatabase(url, 'vacuum analyze')
}

beforeAll(async () => {
  url = await newDatabase()
  const { dialect } = await openPostgres(url, () => undefined)
  db = new Kysely<Tables>({
    dialect,
    log({ query: { sql, parameters } }) {
      asked.push({ sql, parameters })
    },
  })
  await accountStore(db, testClock(), () => 'secret', new Set()).insert(account)
  calls = callStore(db, testClock(), told)
  const row = call(0)
  await calls.commit(row, [event(row, 'call.queued')])
  await multiply()
  // an account's calls are all counted once, when they are first asked for
  await calls.list(accountId, page)
})
afterAll(() => db.destroy())

const quoted = (value: unknown): string =>
  typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value)

/** What the server would do for each thing that it is asked. */
async function plansOf(list: () => Promise<unknown>): Promise<{ sql: string; plan: string }[]> {
  asked.length = 0
  await list()
  const plans = asked.map(async ({ sql, parameters }) => {
    const text = sql.replace(/\$(\d+)/g, (_, place) => quoted(parameters[Number(place) - 1]))
    const rows = await askDatabase(url, `explain ${text}`)
    return { sql, plan: rows.map((row) => row['QUERY PLAN']).join('\n') }
  })
  return Promise.all(plans)
}

const filters: readonly [string, Partial<CallFilter>][] = [
  ['no filter', {}],
  ['a status', { status: 'busy' }],
  ['a caller', { from }],
  ['a called', { to }],
  ['a caller and a called', { from, to }],
  ['a direction', { direction: 'outbound' }],
  ['a time', { startAfterMs: 5_000_000, startBeforeMs: 6_000_000 }],
]
const lists: readonly [string, () => Promise<unknown>][] = [
  ...filters.map(([name, filter]): [string, () => Promise<unknown>] => [
    `calls by ${name}`,
    () => calls.list(accountId, { ...page, ...filter }),
  ]),
  ['calls in the middle', () => calls.list(accountId, { page: 500, pageSize: 20 })],
  ['a call', () => calls.get(accountId, call(0).id)],
  ['what is not over', () => calls.liveOfDevices(accountId)],
  ['the journal', () => journalStore(db).list(accountId, { ...page, sort: [] })],
  [
    'the journal of a business',
    () => journalStore(db).list(accountId, { ...page, sort: [], businesses: [accountId] }),
  ],
  ['the log', () => eventStore(db, new Set()).after(accountId, 10_000, 100)],
  ['the log of a call', () => eventStore(db, new Set()).ofCall(accountId, call(0).id)],
]

/** All rows of a table, or thousands that are put in order. */
const long = /Seq Scan on (calls|events|journal)\b|Sort .*rows=\d{4}/
/** To count all rows all have to be looked at, and for whether there are many no more than these. */
const isCount = ({ sql }: { sql: string }): boolean =>
  sql.startsWith('select count(*)') || sql.startsWith('select 1 as "one"')

test.each(lists)('%s: no table of many rows is read from end to end', async (_name, list) => {
  const plans = (await plansOf(list)).filter((one) => !isCount(one))
  expect(plans.length).toBeGreaterThan(0)
  for (const { sql, plan } of plans) {
    const isLong = plan.split('\n').some((step) => long.test(step))
    expect({ sql, plan: isLong ? plan : 'short' }).toEqual({ sql, plan: 'short' })
  }
})
