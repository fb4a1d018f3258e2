/** Lists of call records are read through an index, wherever in the list, and a call is rated again in one step. */
import { DatabaseSync } from 'node:sqlite'
import { Kysely } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import { freshMoney, settledMoney } from '../../../engine/core/money/call-money.ts'
import { topUpLines } from '../../../engine/core/money/ledger.ts'
import type { RecordFilter } from '../../../engine/core/ports/money.ts'
import { shippedRate } from '../../../engine/core/rates.ts'
import { migrate } from '../../../engine/store/migrations/index.ts'
import { callRecordStore } from '../../../engine/store/money/call-records.ts'
import type { Tables } from '../../../engine/store/schema.ts'
import { sqliteDialect } from '../../../engine/store/sqlite.ts'
import { accountId, call, callId, memoryStore, otherAccountId, testClock } from './fixtures.ts'

const after = { beginMs: 5_000, id: callId(1) }
test.each<[Partial<RecordFilter>, string]>([
  [{}, 'calls_by_time'],
  [{ after }, 'calls_by_time'],
  [{ after, order: 'asc', direction: 'inbound', fromMs: 1, toMs: 9 }, 'calls_by_time'],
  [{ after, status: 'completed' }, 'calls_by_status'],
  [{ after, to: '+61412345678' }, 'calls_by_to'],
  [{ after, from: '+61412345678' }, 'calls_by_from'],
])('%j is read by %s, in its order', async (filter, index) => {
  const database = new DatabaseSync(':memory:')
  const asked: { sql: string; parameters: readonly unknown[] }[] = []
  const db = new Kysely<Tables>({
    dialect: sqliteDialect(database),
    log: ({ query: { sql, parameters } }) => {
      asked.push({ sql, parameters })
    },
  })
  onTestFinished(() => db.destroy())
  await migrate(db)
  asked.length = 0
  const records = callRecordStore(db, testClock())
  await records.list(accountId, { order: 'desc', limit: 10, ...filter })
  const [list] = asked
  if (list === undefined) throw new Error('nothing was asked')
  const plan = database
    .prepare(`explain query plan ${list.sql}`)
    .all(...(list.parameters as string[]))
    .map((row) => String(row['detail']))
  const inner = plan.filter((step) => step.includes('COVERING INDEX'))
  expect(inner).toHaveLength(1)
  expect(inner[0]).toContain(`COVERING INDEX ${index} (account_id=?`)
  // Only the rows of the page itself are sorted once more.
  expect(plan.filter((step) => step.includes('TEMP B-TREE'))).toHaveLength(1)
})

test('a call of another account is not rated again, nor is one that is not there', async () => {
  const store = await memoryStore()
  onTestFinished(() => store.close())
  const settings = { billing: 'prepaid', currency: 'AUD', creditLimitMicro: 0, deck: null } as const
  await store.money.configure(accountId, { ...settings, lowBalanceMicro: [] })
  await store.money.configure(otherAccountId, { ...settings, lowBalanceMicro: [] })
  await store.money.book(accountId, { kind: 'top-up', lines: topUpLines(1_000_000) })
  const rate = shippedRate('outbound', '+61412345678')
  if (rate === undefined) throw new Error('the shipped rates have Australia')
  const begun = call(1, { money: freshMoney('prepaid', 'AUD', rate) })
  await store.calls.commit(begun, [])
  const money = begun.money && settledMoney(begun.money, 61_000)
  await store.calls.commit({ ...begun, status: 'completed', endedAtMs: 2_000, money }, [])
  const change = { callId: begun.id, costMicro: 1, billedSeconds: 1, rate, note: 'again' }
  await store.callRecords.rerate(otherAccountId, change)
  await store.callRecords.rerate(accountId, { ...change, callId: callId('none') })
  expect((await store.money.account(otherAccountId)).balanceMicro).toBe(0)
  await store.callRecords.rerate(accountId, change)
  await store.callRecords.rerate(accountId, change)
  expect((await store.money.account(accountId)).balanceMicro).toBe(999_999)
  // What is committed later does not bring the old price back.
  await store.calls.commit({ ...begun, status: 'completed', endedAtMs: 2_000, money }, [])
  expect((await store.calls.get(accountId, begun.id))?.money?.costMicro).toBe(1)
  expect(await store.money.totals()).toEqual({ allMicro: 0, heldMicro: 0 })
})
