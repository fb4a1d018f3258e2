import type { AccountLimits } from '../core/account-limits.ts'
import type { Clock } from '../core/clock.ts'
import type { AccountId } from '../core/ids.ts'
import type { Account, Store } from '../core/ports/store.ts'
import { refusingDuplicates } from './duplicates.ts'
import type { AccountRow, Db } from './schema.ts'

export function accountStore(
  db: Db,
  clock: Pick<Clock, 'nowMs'>,
  newSecret: () => string,
): Store['accounts'] {
  const all = () => db.selectFrom('accounts').selectAll('accounts')
  return {
    async first() {
      const row = await all().orderBy('ordinal').limit(1).executeTakeFirst()
      return row && accountOf(row)
    },
    async get(id) {
      const row = await all().where('id', '=', id).executeTakeFirst()
      return row && accountOf(row)
    },
    async insert(account) {
      const row = {
        id: account.id,
        ordinal: nextOrdinal(db),
        name: account.name,
        default_number: account.defaultNumber,
        record_trigger_calls: account.recordTriggerCalls ? 1 : 0,
        webhook_secret: newSecret(),
        last_sequence: 0,
        created_at_ms: clock.nowMs(),
        limits: limitsText(account),
      }
      await refusingDuplicates(`account ${account.id}`, () =>
        db.insertInto('accounts').values(row).execute(),
      )
    },
    async update(account) {
      const { id, name, defaultNumber, recordTriggerCalls } = account
      const changed = {
        name,
        default_number: defaultNumber,
        record_trigger_calls: recordTriggerCalls ? 1 : 0,
        limits: limitsText(account),
      }
      await db.updateTable('accounts').set(changed).where('id', '=', id).execute()
    },
    async webhookSecret(id) {
      const query = db.selectFrom('accounts').select('webhook_secret').where('id', '=', id)
      return (await query.executeTakeFirst())?.webhook_secret
    },
    async byKeyHash(hash) {
      const row = await all()
        .innerJoin('api_keys', 'api_keys.account_id', 'accounts.id')
        .where('api_keys.hash', '=', hash)
        .executeTakeFirst()
      return row && accountOf(row)
    },
    async insertKey(key) {
      const row = {
        hash: key.hash,
        account_id: key.accountId,
        hint: key.hint,
        created_at_ms: key.createdAtMs,
      }
      await refusingDuplicates('key', () => db.insertInto('api_keys').values(row).execute())
    },
  }
}

const nextOrdinal = (db: Db) =>
  db.selectFrom('accounts').select((eb) => eb(eb.fn.countAll<number>(), '+', 1).as('ordinal'))

const limitsText = ({ limits }: Account): string | null =>
  limits === undefined ? null : JSON.stringify(limits)

const accountOf = (row: AccountRow): Account => ({
  id: row.id as AccountId,
  name: row.name,
  defaultNumber: row.default_number,
  recordTriggerCalls: row.record_trigger_calls !== 0,
  ...(row.limits === null ? {} : { limits: JSON.parse(row.limits) as AccountLimits }),
})
