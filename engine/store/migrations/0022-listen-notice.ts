import type { Kysely } from 'kysely'

/** Whether those who talk are told when a supervisor listens in (Account.listenNotice). */
export async function listenNotice(db: Kysely<Record<never, never>>): Promise<void> {
  await db.schema.alterTable('accounts').addColumn('listen_notice', 'text').execute()
}
