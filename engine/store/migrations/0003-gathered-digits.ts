import type { Kysely } from 'kysely'

/** The keys that a call's program collected last. */
export async function gatheredDigits(db: Kysely<Record<never, never>>): Promise<void> {
  await db.schema.alterTable('calls').addColumn('gathered', 'text').execute()
}
