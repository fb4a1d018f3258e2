import type { ColumnDefinitionBuilder, Kysely } from 'kysely'

type AnyDb = Kysely<Record<never, never>>
const required = (column: ColumnDefinitionBuilder): ColumnDefinitionBuilder => column.notNull()

/** Rate decks, the money of accounts and its ledger, and what calls cost. */
export async function money(db: AnyDb): Promise<void> {
  await createDecks(db)
  await createLedger(db)
  // Null in calls that are older: they have no money of their own.
  for (const [name, type] of [
    ['billing', 'text'],
    ['currency', 'text'],
    ['rate', 'text'],
    ['held_micro', 'bigint'],
    ['cost_micro', 'bigint'],
    ['billed_seconds', 'bigint'],
  ] as const) {
    await db.schema.alterTable('calls').addColumn(name, type).execute()
  }
}

async function createDecks(db: AnyDb): Promise<void> {
  await db.schema
    .createTable('rate_decks')
    .addColumn('id', 'text', (column) => column.notNull().primaryKey())
    .addColumn('name', 'text', required)
    .addColumn('currency', 'text', required)
    .addColumn('created_at_ms', 'bigint', required)
    // Of its newest version: the update of it is what a new one waits for.
    .addColumn('last_version', 'bigint', required)
    .execute()
  await db.schema
    .createTable('rate_versions')
    .addColumn('deck_id', 'text', (column) => column.notNull().references('rate_decks.id'))
    .addColumn('version', 'bigint', required)
    .addColumn('valid_from_ms', 'bigint', required)
    .addColumn('created_at_ms', 'bigint', required)
    .addColumn('rates', 'bigint', required)
    .addPrimaryKeyConstraint('rate_versions_key', ['deck_id', 'version'])
    .execute()
  await db.schema
    .createTable('rates')
    .addColumn('deck_id', 'text', (column) => column.notNull().references('rate_decks.id'))
    .addColumn('version', 'bigint', required)
    .addColumn('direction', 'text', required)
    .addColumn('prefix', 'text', required)
    .addColumn('micro_per_minute', 'bigint', required)
    .addColumn('minimum_seconds', 'bigint', required)
    .addColumn('increment_seconds', 'bigint', required)
    .addColumn('connect_fee_micro', 'bigint', required)
    .addColumn('description', 'text', required)
    .addPrimaryKeyConstraint('rates_key', ['deck_id', 'version', 'direction', 'prefix'])
    .execute()
}

async function createLedger(db: AnyDb): Promise<void> {
  await db.schema
    .createTable('money_accounts')
    .addColumn('account_id', 'text', (column) =>
      column.notNull().primaryKey().references('accounts.id'),
    )
    .addColumn('billing', 'text', required)
    .addColumn('currency', 'text', required)
    .addColumn('credit_limit_micro', 'bigint')
    // What the balance may not go below; null: nothing.
    .addColumn('floor_micro', 'bigint')
    .addColumn('low_balance', 'text', required)
    .addColumn('told_micro', 'bigint')
    .addColumn('deck_id', 'text', (column) => column.references('rate_decks.id'))
    .addColumn('balance_micro', 'bigint', required)
    .addColumn('held_micro', 'bigint', required)
    .addColumn('last_entry', 'bigint', required)
    .addColumn('last_at_ms', 'bigint', required)
    .execute()
  await db.schema
    .createTable('ledger_entries')
    .addColumn('account_id', 'text', (column) =>
      column.notNull().references('money_accounts.account_id'),
    )
    .addColumn('sequence', 'bigint', required)
    .addColumn('kind', 'text', required)
    .addColumn('at_ms', 'bigint', required)
    .addColumn('call_id', 'text')
    .addColumn('reference', 'text')
    .addColumn('note', 'text')
    .addColumn('balance_micro', 'bigint', required)
    .addColumn('held_micro', 'bigint', required)
    .addPrimaryKeyConstraint('ledger_entries_key', ['account_id', 'sequence'])
    // Those without one are all different.
    .addUniqueConstraint('ledger_references', ['account_id', 'reference'])
    .execute()
  const byTime = db.schema.createIndex('ledger_by_time').on('ledger_entries')
  await byTime.columns(['account_id', 'at_ms', 'sequence']).execute()
  const byCall = db.schema.createIndex('ledger_by_call').on('ledger_entries')
  await byCall.columns(['call_id', 'sequence']).execute()
  await db.schema
    .createTable('ledger_lines')
    .addColumn('account_id', 'text', required)
    .addColumn('sequence', 'bigint', required)
    .addColumn('book', 'text', required)
    .addColumn('micro', 'bigint', required)
    .addPrimaryKeyConstraint('ledger_lines_key', ['account_id', 'sequence', 'book'])
    .addForeignKeyConstraint('ledger_lines_entry', ['account_id', 'sequence'], 'ledger_entries', [
      'account_id',
      'sequence',
    ])
    .execute()
}
