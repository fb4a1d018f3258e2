import type { Clock } from '../core/clock.ts'
import type { AccountId, KeyId } from '../core/ids.ts'
import type { ApiKeyRecord, Keys } from '../core/ports/keys.ts'
import type { Account } from '../core/ports/store.ts'
import type { Scope } from '../core/scopes.ts'
import { type AccountWatchers, accountOf } from './accounts.ts'
import { refusingDuplicates } from './duplicates.ts'
import { countOf } from './paging.ts'
import type { ApiKeyRow, Db } from './schema.ts'

const usedEveryMs = 60_000

export function keyStore(
  db: Db,
  clock: Pick<Clock, 'nowMs'>,
  watchers: AccountWatchers = new Set(),
): Keys {
  const all = () => db.selectFrom('api_keys').selectAll()
  const changed = (accountId: AccountId) => {
    for (const watcher of watchers) watcher(accountId)
  }
  return {
    async byHash(hash) {
      return shown(db, clock, await all().where('hash', '=', hash).executeTakeFirst())
    },
    async shown(id) {
      return shown(db, clock, await all().where('id', '=', id).executeTakeFirst())
    },
    insert: (key) => insertKey(db, key),
    async get(accountId, id) {
      const mine = all().where('id', '=', id).where('account_id', '=', accountId)
      const row = await mine.executeTakeFirst()
      return row && keyOf(row)
    },
    async list(accountId) {
      const mine = all().where('account_id', '=', accountId)
      const rows = await mine.orderBy('created_at_ms', 'desc').orderBy('id').execute()
      return rows.map(keyOf)
    },
    count: (accountId) => countOf(db.selectFrom('api_keys').where('account_id', '=', accountId)),
    async update(key) {
      const { name, scopes, expires_at_ms } = rowOf(key)
      const query = db.updateTable('api_keys').set({ name, scopes, expires_at_ms })
      await query.where('id', '=', key.id).execute()
      changed(key.accountId)
    },
    async remove(accountId, id) {
      const query = db.deleteFrom('api_keys').where('id', '=', id)
      await query.where('account_id', '=', accountId).execute()
      changed(accountId)
    },
    async used({ id, lastUsedAtMs }) {
      const nowMs = clock.nowMs()
      const isKnown = (atMs: number | null) => atMs !== null && nowMs - atMs < usedEveryMs
      if (isKnown(lastUsedAtMs)) return
      const query = db.updateTable('api_keys').set({ last_used_at_ms: nowMs }).where('id', '=', id)
      // Who may come in does not hang on it.
      await query.execute().catch(() => undefined)
    },
  }
}

async function shown(
  db: Db,
  clock: Pick<Clock, 'nowMs'>,
  row: ApiKeyRow | undefined,
): Promise<{ key: ApiKeyRecord; account: Account } | undefined> {
  if (!row || (row.expires_at_ms !== null && row.expires_at_ms <= clock.nowMs())) return undefined
  const account = await db
    .selectFrom('accounts')
    .selectAll()
    .where('id', '=', row.account_id)
    .executeTakeFirst()
  return account && { key: keyOf(row), account: accountOf(account) }
}

export async function insertKey(db: Db, key: ApiKeyRecord): Promise<void> {
  await refusingDuplicates('key', () => db.insertInto('api_keys').values(rowOf(key)).execute())
}

const rowOf = (key: ApiKeyRecord): ApiKeyRow => ({
  hash: key.hash,
  account_id: key.accountId,
  hint: key.hint,
  created_at_ms: key.createdAtMs,
  id: key.id,
  name: key.name,
  scopes: key.scopes === null ? null : JSON.stringify(key.scopes),
  test: key.isTest ? 1 : 0,
  expires_at_ms: key.expiresAtMs,
  last_used_at_ms: key.lastUsedAtMs,
})

const keyOf = (row: ApiKeyRow): ApiKeyRecord => ({
  id: row.id as KeyId,
  accountId: row.account_id as AccountId,
  hash: row.hash,
  name: row.name,
  hint: row.hint,
  scopes: row.scopes === null ? null : (JSON.parse(row.scopes) as Scope[]),
  isTest: row.test !== 0,
  createdAtMs: row.created_at_ms,
  expiresAtMs: row.expires_at_ms,
  lastUsedAtMs: row.last_used_at_ms,
})
