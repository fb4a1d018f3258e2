import { type Kysely, type SqlBool, sql } from 'kysely'

/** What an account wishes for its recordings, the chain that they are entered in, and what is still to be done with each. */
export async function vault(db: Kysely<Record<never, never>>): Promise<void> {
  await db.schema
    .createTable('recording_settings')
    .addColumn('account_id', 'text', (column) =>
      column.primaryKey().references('accounts.id').onDelete('cascade'),
    )
    .addColumn('settings', 'text', (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('recording_chain')
    .addColumn('account_id', 'text', (column) => column.notNull().references('accounts.id'))
    .addColumn('sequence', 'bigint', (column) => column.notNull())
    .addColumn('day', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('recording_id', 'text')
    .addColumn('at_ms', 'bigint', (column) => column.notNull())
    .addColumn('data', 'text', (column) => column.notNull())
    .addColumn('previous', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .addColumn('signature', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('recording_chain_key', ['account_id', 'sequence'])
    .execute()
  await db.schema.alterTable('recordings').addColumn('unsettled', 'integer').execute()
  const unsettled = db.schema.createIndex('recordings_unsettled').on('recordings')
  await unsettled
    .columns(['created_at_ms', 'id'])
    .where(sql<SqlBool>`unsettled is not null`)
    .execute()
  const toUpload = db.schema.createIndex('recordings_to_upload').on('recordings')
  await toUpload
    .columns(['created_at_ms', 'id'])
    .where(sql<SqlBool>`sha256 is not null and uploaded_at_ms is null`)
    .execute()
  await indexThere(db)
}

/** Those that are being deleted are in no list: with that in the index it is counted by it alone. */
async function indexThere(db: Kysely<Record<never, never>>): Promise<void> {
  await db.schema.dropIndex('recordings_by_time').execute()
  const byTime = db.schema.createIndex('recordings_by_time').on('recordings')
  await byTime.columns(['account_id', 'created_at_ms', 'id', 'status', 'deleting_at_ms']).execute()
  const retained = db.schema.createIndex('recordings_retained').on('recordings')
  await retained
    .columns(['account_id', 'retain_until_ms'])
    .where(sql<SqlBool>`retain_until_ms is not null`)
    .execute()
}
