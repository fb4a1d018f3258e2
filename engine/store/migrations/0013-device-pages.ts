import { type Kysely, type SqlBool, sql } from 'kysely'

/** What a device's own page reads: whose phone a call's leg is, and the messages left for it. */
export async function devicePages(db: Kysely<Record<never, never>>): Promise<void> {
  await db.schema.alterTable('calls').addColumn('device_id', 'text').execute()
  const ofDevice = db.schema.createIndex('calls_of_device').on('calls')
  // most calls are of no device: they cost nothing here
  await ofDevice
    .columns(['device_id', 'begin_ms', 'id'])
    .where(sql<SqlBool>`device_id is not null`)
    .execute()
  await db.schema
    .createTable('voicemails')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('account_id', 'text', (column) => column.notNull().references('accounts.id'))
    .addColumn('device_id', 'text', (column) =>
      column.notNull().references('devices.id').onDelete('cascade'),
    )
    .addColumn('call_id', 'text')
    .addColumn('from_party', 'text', (column) => column.notNull())
    .addColumn('received_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('duration_ms', 'bigint', (column) => column.notNull())
    .addColumn('path', 'text', (column) => column.notNull())
    .addColumn('heard', 'integer', (column) => column.notNull())
    .addColumn('transcript', 'text')
    .execute()
  const newest = db.schema.createIndex('voicemails_of_device').on('voicemails')
  await newest.columns(['device_id', 'received_at_ms', 'id']).execute()
}
