import type { ForwardingRules } from '../core/forwarding.ts'
import type { AccountId, NumberId } from '../core/ids.ts'
import type { NumberRecord, NumberRoute, Store } from '../core/ports/store.ts'
import { refusingDuplicates } from './duplicates.ts'
import type { Db, NumberRow } from './schema.ts'

export function numberStore(db: Db): Store['numbers'] {
  const all = () => db.selectFrom('numbers').selectAll()
  return {
    async insert(number) {
      await refusingDuplicates(`number ${number.number}`, () =>
        db.insertInto('numbers').values(rowOfNumber(number)).execute(),
      )
    },
    async get(accountId, id) {
      const row = await all()
        .where('id', '=', id)
        .where('account_id', '=', accountId)
        .executeTakeFirst()
      return row && numberOfRow(row)
    },
    async byNumber(number) {
      const row = await all().where('number', '=', number).executeTakeFirst()
      return row && numberOfRow(row)
    },
    async list(accountId) {
      const rows = await all()
        .where('account_id', '=', accountId)
        .orderBy('created_at_ms')
        .orderBy('id')
        .execute()
      return rows.map(numberOfRow)
    },
    async count(accountId) {
      const { count } = await db
        .selectFrom('numbers')
        .select((select) => select.fn.countAll<number>().as('count'))
        .where('account_id', '=', accountId)
        .executeTakeFirstOrThrow()
      return count
    },
    async update(number) {
      const { id, ...rest } = rowOfNumber(number)
      await refusingDuplicates(`number ${number.number}`, () =>
        db.updateTable('numbers').set(rest).where('id', '=', id).execute(),
      )
    },
    async remove(id) {
      await db.deleteFrom('numbers').where('id', '=', id).execute()
    },
  }
}

const rowOfNumber = (number: NumberRecord): NumberRow => ({
  id: number.id,
  account_id: number.accountId,
  number: number.number,
  route: JSON.stringify(number.route),
  created_at_ms: number.createdAtMs,
  forwarding: number.forwarding === undefined ? null : JSON.stringify(number.forwarding),
})

const numberOfRow = (row: NumberRow): NumberRecord => ({
  id: row.id as NumberId,
  accountId: row.account_id as AccountId,
  number: row.number,
  route: JSON.parse(row.route) as NumberRoute,
  createdAtMs: row.created_at_ms,
  ...(row.forwarding !== null && { forwarding: JSON.parse(row.forwarding) as ForwardingRules }),
})
