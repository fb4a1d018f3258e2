import type { Kysely } from 'kysely'

/** What an account has set for signed links to its recordings; without a row nothing. */
export async function recordingLinks(db: Kysely<Record<never, never>>): Promise<void> {
  await db.schema
    .createTable('recording_links')
    .addColumn('account_id', 'text', (column) => column.primaryKey())
    .addColumn('generation', 'integer', (column) => column.notNull())
    .addColumn('webhook_ttl_s', 'integer')
    .addColumn('revoked_at_ms', 'bigint')
    .execute()
}
