import type { Kysely } from 'kysely'

type AnyDb = Kysely<Record<never, never>>

/** The account's default application. */
export async function callControl(db: AnyDb): Promise<void> {
  await db.schema.alterTable('accounts').addColumn('application', 'text').execute()
}
