import type { Kysely } from 'kysely'

/** Whom documents in TwiML want told of a call or a conference: a list of Callback, or null. */
export async function callbacks(db: Kysely<Record<never, never>>): Promise<void> {
  for (const table of ['calls', 'conferences'] as const) {
    await db.schema.alterTable(table).addColumn('callbacks', 'text').execute()
  }
}
