import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'

type AnyDb = Kysely<Record<never, never>>
interface KeyTable {
  api_keys: { hash: string; id: string }
}

/** Accounts can be suspended; keys have ids, scopes and an end; requests with an Idempotency-Key; test calls. */
export async function accounts(db: AnyDb): Promise<void> {
  await db.schema
    .alterTable('accounts')
    .addColumn('status', 'text', (column) => column.notNull().defaultTo('active'))
    .execute()
  await db.schema.alterTable('accounts').addColumn('requests_per_second', 'integer').execute()
  await addToKeys(db)
  await db.schema
    .createTable('idempotency_keys')
    .addColumn('account_id', 'text', (column) => column.notNull().references('accounts.id'))
    .addColumn('key_hash', 'text', (column) => column.notNull())
    .addColumn('operation', 'text', (column) => column.notNull())
    .addColumn('request_hash', 'text', (column) => column.notNull())
    .addColumn('resource_id', 'text', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('reply', 'text')
    .addPrimaryKeyConstraint('idempotency_keys_pk', ['account_id', 'key_hash'])
    .execute()
  const byAge = db.schema.createIndex('idempotency_keys_by_age').on('idempotency_keys')
  await byAge.columns(['created_at_ms']).execute()
  await db.schema
    .alterTable('calls')
    .addColumn('test', 'integer', (column) => column.notNull().defaultTo(0))
    .execute()
}

/** Those that are there go on as keys for everything. */
async function addToKeys(db: AnyDb): Promise<void> {
  const keys = () => db.schema.alterTable('api_keys')
  await keys()
    .addColumn('id', 'text', (column) => column.notNull().defaultTo(''))
    .execute()
  await keys()
    .addColumn('name', 'text', (column) => column.notNull().defaultTo(''))
    .execute()
  await keys().addColumn('scopes', 'text').execute()
  await keys()
    .addColumn('test', 'integer', (column) => column.notNull().defaultTo(0))
    .execute()
  await keys().addColumn('expires_at_ms', 'bigint').execute()
  await keys().addColumn('last_used_at_ms', 'bigint').execute()
  const typed = db as unknown as Kysely<KeyTable>
  for (const { hash } of await typed.selectFrom('api_keys').select('hash').execute()) {
    await typed.updateTable('api_keys').set({ id: randomUUID() }).where('hash', '=', hash).execute()
  }
  const byId = db.schema.createIndex('api_keys_by_id').on('api_keys').unique()
  await byId.columns(['id']).execute()
  const ofAccount = db.schema.createIndex('api_keys_of_account').on('api_keys')
  await ofAccount.columns(['account_id', 'created_at_ms']).execute()
}
