import type { Kysely } from 'kysely'

/** Files of sound that accounts have stored; the files lie in the data folder. */
export async function prompts(db: Kysely<Record<never, never>>): Promise<void> {
  await db.schema
    .createTable('prompts')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('account_id', 'text', (column) => column.notNull().references('accounts.id'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('format', 'text', (column) => column.notNull())
    .addColumn('rate_hz', 'bigint', (column) => column.notNull())
    .addColumn('duration_ms', 'bigint', (column) => column.notNull())
    // in hundredths of a LU
    .addColumn('centi_lufs', 'bigint')
    .addColumn('bytes', 'bigint', (column) => column.notNull())
    .addColumn('file', 'text', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('updated_at_ms', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('prompts_name', ['account_id', 'name'])
    .execute()
}
