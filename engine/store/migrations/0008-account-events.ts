import type { Kysely } from 'kysely'

/** Events that are not of a call. */
export async function accountEvents(db: Kysely<Record<never, never>>): Promise<void> {
  await db.schema
    .createTable('account_events')
    .addColumn('account_id', 'text', (column) => column.notNull().references('accounts.id'))
    .addColumn('sequence', 'bigint', (column) => column.notNull())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('at_ms', 'bigint', (column) => column.notNull())
    .addColumn('data', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('account_events_key', ['account_id', 'sequence'])
    .execute()
}
