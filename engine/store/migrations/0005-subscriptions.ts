import type { Kysely } from 'kysely'

/** Who is told of the calls of a number; and deliveries know who writes them, and how. */
export async function subscriptions(db: Kysely<Record<never, never>>): Promise<void> {
  await db.schema
    .createTable('subscriptions')
    .addColumn('account_id', 'text', (column) => column.notNull().references('accounts.id'))
    .addColumn('number', 'text', (column) =>
      column.notNull().references('numbers.number').onDelete('cascade'),
    )
    .addColumn('direction', 'text', (column) => column.notNull())
    .addColumn('dialect', 'text', (column) => column.notNull())
    .addColumn('url', 'text', (column) => column.notNull())
    .addColumn('options', 'text', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    // In the order in which a call looks for its own.
    .addPrimaryKeyConstraint('subscriptions_key', ['account_id', 'number', 'direction', 'dialect'])
    .execute()
  // The cascade looks for them by number alone.
  await db.schema
    .createIndex('subscriptions_by_number')
    .on('subscriptions')
    .column('number')
    .execute()
  await db.schema.alterTable('deliveries').addColumn('renderer', 'text').execute()
  await db.schema.alterTable('deliveries').addColumn('options', 'text').execute()
}
