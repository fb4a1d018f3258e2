import type { Kysely } from 'kysely'

/** How many messages wait for a device, and what an INVITE told of how it came. */
export async function mailboxes(db: Kysely<Record<never, never>>): Promise<void> {
  await db.schema
    .createTable('mailboxes')
    .addColumn('device_id', 'text', (column) =>
      column.primaryKey().references('devices.id').onDelete('cascade'),
    )
    .addColumn('new', 'integer', (column) => column.notNull())
    .addColumn('old', 'integer', (column) => column.notNull())
    .addColumn('urgent_new', 'integer', (column) => column.notNull())
    .addColumn('urgent_old', 'integer', (column) => column.notNull())
    .addColumn('updated_at_ms', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema.alterTable('calls').addColumn('received', 'text').execute()
}
