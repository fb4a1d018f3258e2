import { type Kysely, type SqlBool, sql } from 'kysely'

type AnyDb = Kysely<Record<never, never>>

/** Conferences, their events and recordings; a delivery tells of a call or of a conference. */
export async function conferences(db: AnyDb): Promise<void> {
  await createConferences(db)
  await db.schema.alterTable('account_events').addColumn('conference_id', 'text').execute()
  const ofConference = db.schema.createIndex('events_of_conference').on('account_events')
  await ofConference
    .columns(['conference_id', 'sequence'])
    .where(sql<SqlBool>`conference_id is not null`)
    .execute()
  await rebuildDeliveries(db)
  await rebuildRecordings(db)
}

async function createConferences(db: AnyDb): Promise<void> {
  await db.schema
    .createTable('conferences')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('account_id', 'text', (column) => column.notNull().references('accounts.id'))
    .addColumn('friendly_name', 'text', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('options', 'text', (column) => column.notNull())
    .addColumn('status_callback', 'text')
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('started_at_ms', 'bigint')
    .addColumn('ended_at_ms', 'bigint')
    .addColumn('end_reason', 'text')
    .addColumn('peak_participants', 'integer', (column) => column.notNull())
    .execute()
  const byTime = db.schema.createIndex('conferences_by_time').on('conferences')
  await byTime.columns(['account_id', 'created_at_ms', 'id', 'status']).execute()
  const byStatus = db.schema.createIndex('conferences_by_status').on('conferences')
  await byStatus.columns(['account_id', 'status', 'created_at_ms', 'id']).execute()
}

/** No column can be freed of a reference or of `not null`: the table is written anew. */
async function rebuildDeliveries(db: AnyDb): Promise<void> {
  await db.schema
    .createTable('deliveries_new')
    // PostgreSQL: bigint, identity.
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('sequence', 'bigint', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('subject_id', 'text', (column) => column.notNull())
    .addColumn('url', 'text', (column) => column.notNull())
    .addColumn('host', 'text', (column) => column.notNull())
    .addColumn('snapshot', 'text', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('due_at_ms', 'bigint')
    .addColumn('dead', 'integer', (column) => column.notNull())
    .addColumn('last_error', 'text')
    .addColumn('renderer', 'text')
    .addColumn('options', 'text')
    .execute()
  await sql`
    insert into deliveries_new (id, account_id, sequence, subject, subject_id, url, host, snapshot, attempts,
                                due_at_ms, dead, last_error, renderer, options)
    select id, account_id, sequence, 'call', call_id, url, host, call_snapshot, attempts,
           due_at_ms, dead, last_error, renderer, options
    from deliveries`.execute(db)
  await db.schema.dropTable('deliveries').execute()
  await db.schema.alterTable('deliveries_new').renameTo('deliveries').execute()
  const due = db.schema.createIndex('deliveries_due').on('deliveries')
  await due.columns(['due_at_ms', 'id', 'host']).execute()
  const ofSubject = db.schema.createIndex('deliveries_of_subject').on('deliveries')
  await ofSubject.columns(['subject_id', 'dead', 'id']).execute()
}

async function rebuildRecordings(db: AnyDb): Promise<void> {
  await db.schema
    .createTable('recordings_new')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('account_id', 'text', (column) => column.notNull().references('accounts.id'))
    .addColumn('call_id', 'text', (column) => column.references('calls.id'))
    .addColumn('conference_id', 'text', (column) => column.references('conferences.id'))
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('failure', 'text')
    .addColumn('path', 'text', (column) => column.notNull())
    .addColumn('channels', 'integer', (column) => column.notNull())
    .addColumn('duration_ms', 'bigint')
    .addColumn('bytes', 'bigint')
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .execute()
  const columns = sql.raw(
    'id, account_id, call_id, status, failure, path, channels, duration_ms, bytes, created_at_ms',
  )
  await sql`insert into recordings_new (${columns}) select ${columns} from recordings`.execute(db)
  await db.schema.dropTable('recordings').execute()
  await db.schema.alterTable('recordings_new').renameTo('recordings').execute()
  const byTime = db.schema.createIndex('recordings_by_time').on('recordings')
  await byTime.columns(['account_id', 'created_at_ms', 'id', 'status']).execute()
  const byCall = db.schema.createIndex('recordings_by_call').on('recordings')
  await byCall.columns(['call_id', 'created_at_ms', 'id']).execute()
  const byConference = db.schema.createIndex('recordings_by_conference').on('recordings')
  await byConference
    .columns(['conference_id', 'created_at_ms', 'id'])
    .where(sql<SqlBool>`conference_id is not null`)
    .execute()
}
