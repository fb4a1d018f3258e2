import type { Kysely } from 'kysely'

/** A trunk's share among its equals, and what it takes at most. */
export async function trunkLimits(db: Kysely<Record<never, never>>): Promise<void> {
  const { schema } = db
  await schema
    .alterTable('trunks')
    .addColumn('weight', 'integer', (column) => column.notNull().defaultTo(10))
    .execute()
  await schema.alterTable('trunks').addColumn('max_calls', 'integer').execute()
  await schema.alterTable('trunks').addColumn('max_calls_per_second', 'integer').execute()
}
