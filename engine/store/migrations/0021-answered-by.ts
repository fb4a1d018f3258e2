import type { Kysely } from 'kysely'

/** Who has answered a call, as its sound told (Answerer). */
export async function answeredBy(db: Kysely<Record<never, never>>): Promise<void> {
  await db.schema.alterTable('calls').addColumn('answered_by', 'text').execute()
}
