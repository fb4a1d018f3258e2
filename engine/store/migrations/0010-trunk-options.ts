import type { Kysely } from 'kysely'

/** What trunks are told beyond where they are (TrunkOptions), and what accounts may do (AccountLimits): JSON. */
export async function trunkOptions(db: Kysely<Record<never, never>>): Promise<void> {
  const { schema } = db
  await schema.alterTable('trunks').addColumn('options', 'text').execute()
  await schema.alterTable('accounts').addColumn('limits', 'text').execute()
}
