import type { Kysely } from 'kysely'

/** Queues, with their agents and figures, and who waits in them now. */
export async function queues(db: Kysely<Record<never, never>>): Promise<void> {
  await db.schema
    .createTable('queues')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('account_id', 'text', (column) => column.notNull().references('accounts.id'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('options', 'text', (column) => column.notNull())
    .addColumn('agents', 'text', (column) => column.notNull())
    .addColumn('figures', 'text', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('queues_by_name', ['account_id', 'name'])
    .execute()
  await db.schema
    .createTable('queue_waits')
    .addColumn('call_id', 'text', (column) => column.primaryKey())
    .addColumn('queue_id', 'text', (column) => column.notNull().references('queues.id'))
    .addColumn('account_id', 'text', (column) => column.notNull().references('accounts.id'))
    .addColumn('entered_at_ms', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('queue_waits_by_queue').on('queue_waits').column('queue_id').execute()
}
