import { randomUUID } from 'node:crypto'
import type { AccountLimits } from '../core/account-limits.ts'
import type { Clock } from '../core/clock.ts'
import type { AccountId, KeyId } from '../core/ids.ts'
import type { Account, AccountRecord, DefaultApplication, Store } from '../core/ports/store.ts'
import { refusingDuplicates } from './duplicates.ts'
import { insertKey } from './keys.ts'
import { countOf, offsetOf } from './paging.ts'
import type { AccountRow, Db } from './schema.ts'

export type AccountWatchers = Set<(accountId: AccountId) => void>

export function accountStore(
  db: Db,
  clock: Pick<Clock, 'nowMs'>,
  newSecret: () => string,
  watchers: AccountWatchers = new Set(),
): Store['accounts'] {
  const all = () => db.selectFrom('accounts').selectAll('accounts')
  const byId = (id: AccountId) => all().where('id', '=', id).executeTakeFirst()
  return {
    async first() {
      const row = await all().orderBy('ordinal').limit(1).executeTakeFirst()
      return row && accountOf(row)
    },
    async get(id) {
      const row = await byId(id)
      return row && accountOf(row)
    },
    async record(id) {
      const row = await byId(id)
      return row && recordOf(row)
    },
    async list(page) {
      const total = await countOf(db.selectFrom('accounts'))
      const slice = all().orderBy('ordinal').limit(page.pageSize).offset(offsetOf(page))
      return { accounts: (await slice.execute()).map(recordOf), total }
    },
    async insert(account) {
      const row = {
        id: account.id,
        ordinal: nextOrdinal(db),
        webhook_secret: newSecret(),
        last_sequence: 0,
        created_at_ms: clock.nowMs(),
        ...changeable(account),
      }
      await refusingDuplicates(`account ${account.id}`, () =>
        db.insertInto('accounts').values(row).execute(),
      )
    },
    async update(account) {
      const changed = changeable(account)
      await db.updateTable('accounts').set(changed).where('id', '=', account.id).execute()
      for (const watcher of watchers) watcher(account.id)
    },
    watch(listener) {
      watchers.add(listener)
      return () => watchers.delete(listener)
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
    insertKey: ({ isTest = false, ...key }) =>
      insertKey(db, {
        ...{ ...key, isTest, id: randomUUID() as KeyId, name: '' },
        ...{ scopes: null, expiresAtMs: null, lastUsedAtMs: null },
      }),
  }
}

const nextOrdinal = (db: Db) =>
  db.selectFrom('accounts').select((eb) => eb(eb.fn.countAll<number>(), '+', 1).as('ordinal'))

const limitsText = ({ limits }: Account): string | null =>
  limits === undefined ? null : JSON.stringify(limits)

const changeable = (account: Account) => ({
  name: account.name,
  default_number: account.defaultNumber,
  record_trigger_calls: account.recordTriggerCalls ? 1 : 0,
  limits: limitsText(account),
  application: account.application === undefined ? null : JSON.stringify(account.application),
  status: account.status ?? 'active',
  requests_per_second: account.requestsPerSecond ?? null,
  listen_notice: account.listenNotice ?? null,
})

export const accountOf = (row: Omit<AccountRow, 'created_at_ms'>): Account => ({
  id: row.id as AccountId,
  name: row.name,
  defaultNumber: row.default_number,
  recordTriggerCalls: row.record_trigger_calls !== 0,
  ...(row.limits === null ? {} : { limits: JSON.parse(row.limits) as AccountLimits }),
  ...(row.application === null
    ? {}
    : { application: JSON.parse(row.application) as DefaultApplication }),
  ...(row.status === 'suspended' || row.status === 'closed' ? { status: row.status } : {}),
  ...(row.listen_notice === 'beep' || row.listen_notice === 'words'
    ? { listenNotice: row.listen_notice }
    : {}),
  ...(row.requests_per_second === null ? {} : { requestsPerSecond: row.requests_per_second }),
  ...(row.ordinal === 1 ? { isOperator: true } : {}),
})

const recordOf = (row: AccountRow): AccountRecord => ({
  ...accountOf(row),
  createdAtMs: row.created_at_ms,
})
