import type { AccountId } from '../core/ids.ts'
import type { SpeedDialRecord, Store } from '../core/ports/store.ts'
import { refusingDuplicates } from './duplicates.ts'
import type { Db, SpeedDialRow } from './schema.ts'

export function speedDialStore(db: Db): Store['speedDials'] {
  const of = (accountId: AccountId) =>
    db.selectFrom('speed_dials').selectAll().where('account_id', '=', accountId)
  return {
    async insert(speedDial) {
      const write = () => db.insertInto('speed_dials').values(rowOf(speedDial)).execute()
      await refusingDuplicates(`speed dial ${speedDial.code}`, write, 'speed_dial')
    },
    async get(accountId, code) {
      const row = await of(accountId).where('code', '=', code).executeTakeFirst()
      return row && recordOf(row)
    },
    async list(accountId) {
      const rows = await of(accountId)
        .orderBy((by) => by.fn('length', ['code']))
        .orderBy('code')
        .execute()
      return rows.map(recordOf)
    },
    async update({ accountId, code, label, target }) {
      await db
        .updateTable('speed_dials')
        .set({ label, target: JSON.stringify(target) })
        .where('account_id', '=', accountId)
        .where('code', '=', code)
        .execute()
    },
    async remove(accountId, code) {
      await db
        .deleteFrom('speed_dials')
        .where('account_id', '=', accountId)
        .where('code', '=', code)
        .execute()
    },
  }
}

const rowOf = ({ accountId, code, label, target, createdAtMs }: SpeedDialRecord): SpeedDialRow => ({
  account_id: accountId,
  code,
  label,
  target: JSON.stringify(target),
  created_at_ms: createdAtMs,
})

const recordOf = (row: SpeedDialRow): SpeedDialRecord => ({
  accountId: row.account_id as AccountId,
  code: row.code,
  label: row.label,
  target: JSON.parse(row.target) as SpeedDialRecord['target'],
  createdAtMs: row.created_at_ms,
})
