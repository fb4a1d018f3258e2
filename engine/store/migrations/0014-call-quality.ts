import type { Kysely } from 'kysely'

/** How a call's leg sounded, as JSON (CallQuality). */
export async function callQuality(db: Kysely<Record<never, never>>): Promise<void> {
  await db.schema.alterTable('calls').addColumn('quality', 'text').execute()
}
