import type { Kysely } from 'kysely'

/** Short numbers, of each account its own. */
export async function speedDials(db: Kysely<Record<never, never>>): Promise<void> {
  await db.schema
    .createTable('speed_dials')
    .addColumn('account_id', 'text', (column) => column.notNull().references('accounts.id'))
    .addColumn('code', 'text', (column) => column.notNull())
    .addColumn('label', 'text', (column) => column.notNull())
    .addColumn('target', 'text', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('speed_dials_key', ['account_id', 'code'])
    .execute()
}
