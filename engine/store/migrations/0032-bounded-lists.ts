import { type Kysely, type SqlBool, sql } from 'kysely'

/** Rows from before there were sources have none: they are of a call, or of a conference. */
const source = `coalesce(source, case when call_id is null then 'conference' else 'call' end)`

/**
 * Reading that does not take longer the more is kept: who waits for what in the outbox, recordings by their source,
 * those that have a text, and the days of their chain.
 */
export async function boundedLists(db: Kysely<Record<never, never>>): Promise<void> {
  const waiting = db.schema.createIndex('deliveries_waiting').on('deliveries')
  await waiting.columns(['account_id', 'host', 'id']).where(sql<SqlBool>`state = 'open'`).execute()
  const bySource = db.schema.createIndex('recordings_by_source').on('recordings')
  await bySource
    .expression(sql.raw(`account_id, ${source}, created_at_ms, id, deleting_at_ms`))
    .execute()
  const withText = db.schema.createIndex('recordings_with_text').on('recordings')
  await withText
    .columns(['account_id', 'created_at_ms', 'id'])
    .where(sql<SqlBool>`transcript is not null`)
    .execute()
  const days = db.schema.createIndex('recording_chain_days').on('recording_chain')
  await days.columns(['account_id', 'sequence']).where(sql<SqlBool>`kind = 'closed'`).execute()
}
