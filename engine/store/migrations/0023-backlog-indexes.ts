import { type Kysely, type SqlBool, sql } from 'kysely'

/** Reading that does not take longer the more is kept: what was settled long ago, and entries of a kind. */
export async function backlogIndexes(db: Kysely<Record<never, never>>): Promise<void> {
  const settled = db.schema.createIndex('deliveries_settled').on('deliveries')
  await settled
    .columns(['settled_at_ms', 'id'])
    .where(sql<SqlBool>`settled_at_ms is not null`)
    .execute()
  const byKind = db.schema.createIndex('ledger_by_kind').on('ledger_entries')
  await byKind.columns(['account_id', 'kind', 'sequence']).execute()
}
