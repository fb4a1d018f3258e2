import { type Kysely, sql } from 'kysely'

/** What a contact says of itself, and since when it is registered. */
export async function contacts(db: Kysely<Record<never, never>>): Promise<void> {
  const table = db.schema.alterTable('registrations')
  await table
    .addColumn('registered_at_ms', 'bigint', (column) => column.notNull().defaultTo(0))
    .execute()
  // nobody noted it: at the earliest an hour before the end, which was the longest time that was granted
  await sql`update registrations set registered_at_ms = expires_at_ms - 3600000`.execute(db)
  await table.addColumn('q', 'real').execute()
  await table.addColumn('path', 'text', (column) => column.notNull().defaultTo('[]')).execute()
  await table.addColumn('instance', 'text').execute()
  await table.addColumn('reg_id', 'integer').execute()
}
