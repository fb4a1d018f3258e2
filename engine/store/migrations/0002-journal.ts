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
    // In the order in which a list of the whole account finds by them too.
    .addUniqueConstraint('journal_source', ['account_id', 'source_id', 'business_id'])
    .addUniqueConstraint('journal_external', ['account_id', 'external_id', 'business_id'])
    .execute()
  await createIndexes(db)
}

/** Lists are of the whole account or of some businesses, by either time. */
const orders: Readonly<Record<string, readonly string[]>> = {
  journal_by_change: ['updated_at_ms'],
  journal_by_creation: ['created_at_ms'],
  journal_of_business_by_change: ['business_id', 'updated_at_ms'],
  journal_of_business_by_creation: ['business_id', 'created_at_ms'],
}
const filtered = ['status', 'direction', 'from_party', 'to_party', 'staff_id', 'client_id']

/** Each holds all that a list filters by, so that counting and skipping never read the rows. */
async function createIndexes(db: Kysely<Record<never, never>>): Promise<void> {
  for (const [name, order] of Object.entries(orders)) {
    const others = order.includes('business_id') ? filtered : [...filtered, 'business_id']
    const columns = ['account_id', ...order, 'id', ...others]
    await db.schema.createIndex(name).on('journal').columns(columns).execute()
  }
}
