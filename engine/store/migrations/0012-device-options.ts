import type { Kysely } from 'kysely'

/** What devices are told beyond their name (DeviceOptions): JSON, those that are said. */
export async function deviceOptions(db: Kysely<Record<never, never>>): Promise<void> {
  await db.schema.alterTable('devices').addColumn('options', 'text').execute()
}
