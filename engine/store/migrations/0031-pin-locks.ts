import type { Kysely } from 'kysely'

/** Wrong PINs of voicemail boxes and conferences: kept, so that a restart gives nobody new tries. */
export async function pinLocks(db: Kysely<Record<never, never>>): Promise<void> {
  await db.schema
    .createTable('pin_tries')
    .addColumn('key', 'text', (column) => column.primaryKey())
    .addColumn('wrong', 'integer', (column) => column.notNull())
    .addColumn('locks', 'integer', (column) => column.notNull())
    .addColumn('at_ms', 'bigint', (column) => column.notNull())
    .addColumn('forgotten_at_ms', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema
    .createIndex('pin_tries_by_forgotten')
    .on('pin_tries')
    .column('forgotten_at_ms')
    .execute()
}
