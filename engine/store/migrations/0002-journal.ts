import type { ColumnDefinitionBuilder, Kysely } from 'kysely'

const required = (column: ColumnDefinitionBuilder): ColumnDefinitionBuilder => column.notNull()

/** The call journal. */
export async function journal(db: Kysely<Record<never, never>>): Promise<void> {
  await db.schema
    .createTable('journal')
    .addColumn('id', 'text', (column) => column.notNull().primaryKey())
    .addColumn('account_id', 'text', (column) => column.notNull().references('accounts.id'))
    .addColumn('call_id', 'text', (column) => column.references('calls.id'))
    .addColumn('business_id', 'text', required)
    .addColumn('staff_id', 'text')
    .addColumn('client_id', 'text')
    .addColumn('direction', 'text', required)
    .addColumn('from_party', 'text', required)
    .addColumn('to_party', 'text', required)
    .addColumn('status', 'text', required)
    .addColumn('rate', 'text', required)
    .addColumn('provider', 'text')
    .addColumn('source_id', 'text', required)
    .addColumn('external_id', 'text', required)
    .addColumn('details', 'text', required)
    .addColumn('handled_by', 'text')
    .addColumn('handled_at_ms', 'bigint')
    .addColumn('changes', 'text', required)
    .addColumn('recorded_as', 'text')
    .addColumn('created_at_ms', 'bigint', required)
    .addColumn('updated_at_ms', 'bigint', required)
    .addUniqueConstraint('journal_source', ['account_id', 'business_id', 'source_id'])
    .addUniqueConstraint('journal_external', ['account_id', 'business_id', 'external_id'])
    .execute()
  await createIndexes(db)
}

/** Lists are of the whole account or of some businesses, by either time; each counts from its index alone. */
async function createIndexes(db: Kysely<Record<never, never>>): Promise<void> {
  const indexes: Record<string, readonly string[]> = {
    journal_by_change: ['account_id', 'updated_at_ms', 'id', 'status', 'business_id'],
    journal_by_creation: ['account_id', 'created_at_ms', 'id', 'status', 'business_id'],
    journal_of_business_by_change: [
      ...['account_id', 'business_id', 'updated_at_ms', 'id', 'status'],
    ],
    journal_of_business_by_creation: [
      ...['account_id', 'business_id', 'created_at_ms', 'id', 'status'],
    ],
  }
  for (const [name, columns] of Object.entries(indexes)) {
    await db.schema
      .createIndex(name)
      .on('journal')
      .columns([...columns])
      .execute()
  }
}
