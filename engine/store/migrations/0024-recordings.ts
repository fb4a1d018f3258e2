import { type Kysely, type SqlBool, sql } from 'kysely'

const columns = [
  ['source', 'text'],
  ['format', 'text'],
  ['rate_hz', 'integer'],
  ['spans', 'text'],
  ['sha256', 'text'],
  ['encryption', 'text'],
  ['place', 'text'],
  ['upload', 'text'],
  ['uploaded_at_ms', 'bigint'],
  ['hold_reason', 'text'],
  ['retain_until_ms', 'bigint'],
  ['deleting_at_ms', 'bigint'],
  ['transcript_status', 'text'],
  ['transcript', 'text'],
  ['transcript_failure', 'text'],
] as const

/** What a recording is of, what was masked in it, and what the steps after its end write (KeptRecording). */
export async function recordings(db: Kysely<Record<never, never>>): Promise<void> {
  for (const [name, type] of columns) {
    await db.schema.alterTable('recordings').addColumn(name, type).execute()
  }
  const toTranscribe = db.schema.createIndex('recordings_to_transcribe').on('recordings')
  await toTranscribe
    .columns(['created_at_ms', 'id'])
    .where(sql<SqlBool>`transcript_status = 'pending'`)
    .execute()
  const deleting = db.schema.createIndex('recordings_deleting').on('recordings')
  await deleting
    .columns(['deleting_at_ms', 'id'])
    .where(sql<SqlBool>`deleting_at_ms is not null`)
    .execute()
}
