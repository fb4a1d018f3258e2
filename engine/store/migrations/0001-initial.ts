import type { ColumnDefinitionBuilder, Kysely } from 'kysely'

type AnyDb = Kysely<Record<never, never>>
type Column = ColumnDefinitionBuilder

const required = (column: Column): Column => column.notNull()
const key = (column: Column): Column => column.notNull().primaryKey()
const refers =
  (target: string) =>
  (column: Column): Column =>
    column.notNull().references(target)

/** Accounts, calls and their log, the outbox, recordings, numbers, devices and trunks. */
export async function initial(db: AnyDb): Promise<void> {
  await createAccounts(db)
  await createCalls(db)
  await createCallIndexes(db)
  await createLog(db)
  await createRecordings(db)
  await createEndpoints(db)
}

async function createAccounts(db: AnyDb): Promise<void> {
  await db.schema
    .createTable('accounts')
    .addColumn('id', 'text', key)
    .addColumn('ordinal', 'integer', required)
    .addColumn('name', 'text', required)
    .addColumn('default_number', 'text')
    .addColumn('record_trigger_calls', 'integer', required)
    .addColumn('webhook_secret', 'text', required)
    .addColumn('last_sequence', 'bigint', required)
    .addColumn('created_at_ms', 'bigint', required)
    .execute()
  await db.schema
    .createTable('api_keys')
    .addColumn('hash', 'text', key)
    .addColumn('account_id', 'text', refers('accounts.id'))
    .addColumn('hint', 'text', required)
    .addColumn('created_at_ms', 'bigint', required)
    .execute()
}

async function createCalls(db: AnyDb): Promise<void> {
  await db.schema
    .createTable('calls')
    .addColumn('id', 'text', key)
    .addColumn('account_id', 'text', refers('accounts.id'))
    .addColumn('parent_id', 'text', (column) => column.references('calls.id'))
    .addColumn('direction', 'text', required)
    .addColumn('from_party', 'text', required)
    .addColumn('to_party', 'text', required)
    .addColumn('status', 'text', required)
    .addColumn('end_reason', 'text')
    .addColumn('created_at_ms', 'bigint', required)
    .addColumn('started_at_ms', 'bigint')
    .addColumn('begin_ms', 'bigint', required)
    .addColumn('answered_at_ms', 'bigint')
    .addColumn('ended_at_ms', 'bigint')
    .addColumn('url', 'text')
    .addColumn('method', 'text', required)
    .addColumn('status_callback', 'text')
    .addColumn('record', 'integer', required)
    .addColumn('recording_id', 'text')
    .addColumn('trunk_id', 'text')
    .addColumn('sip_call_id', 'text')
    .addColumn('trigger_details', 'text')
    .execute()
}

/** Each holds all that a list filters by, so that counting and skipping never read the rows. */
async function createCallIndexes(db: AnyDb): Promise<void> {
  const order = ['begin_ms', 'id']
  const indexes: Record<string, readonly string[]> = {
    calls_by_time: ['account_id', ...order, 'direction', 'status', 'from_party', 'to_party'],
    calls_by_status: ['account_id', 'status', ...order, 'direction', 'from_party', 'to_party'],
    calls_by_from: ['account_id', 'from_party', ...order, 'direction', 'status', 'to_party'],
    calls_by_to: ['account_id', 'to_party', ...order, 'direction', 'status', 'from_party'],
    calls_by_parent: ['parent_id'],
  }
  for (const [name, columns] of Object.entries(indexes)) {
    await db.schema
      .createIndex(name)
      .on('calls')
      .columns([...columns])
      .execute()
  }
}

async function createLog(db: AnyDb): Promise<void> {
  await db.schema
    .createTable('events')
    .addColumn('account_id', 'text', refers('accounts.id'))
    .addColumn('sequence', 'bigint', required)
    .addColumn('call_id', 'text', refers('calls.id'))
    .addColumn('type', 'text', required)
    .addColumn('at_ms', 'bigint', required)
    .addColumn('data', 'text', required)
    .addPrimaryKeyConstraint('events_key', ['account_id', 'sequence'])
    .execute()
  await db.schema
    .createIndex('events_by_call')
    .on('events')
    .columns(['call_id', 'sequence'])
    .execute()
  await db.schema
    .createTable('deliveries')
    // Never given twice, even after the newest row is gone. PostgreSQL: bigint, identity.
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('account_id', 'text', required)
    .addColumn('sequence', 'bigint', required)
    .addColumn('call_id', 'text', refers('calls.id'))
    .addColumn('url', 'text', required)
    .addColumn('host', 'text', required)
    .addColumn('call_snapshot', 'text', required)
    .addColumn('attempts', 'integer', required)
    .addColumn('due_at_ms', 'bigint')
    .addColumn('dead', 'integer', required)
    .addColumn('last_error', 'text')
    .addForeignKeyConstraint('delivery_event', ['account_id', 'sequence'], 'events', [
      'account_id',
      'sequence',
    ])
    .execute()
  const due = db.schema.createIndex('deliveries_due').on('deliveries')
  await due.columns(['due_at_ms', 'id', 'host']).execute()
  const ofCall = db.schema.createIndex('deliveries_of_call').on('deliveries')
  await ofCall.columns(['call_id', 'dead', 'id']).execute()
}

async function createRecordings(db: AnyDb): Promise<void> {
  await db.schema
    .createTable('recordings')
    .addColumn('id', 'text', key)
    .addColumn('account_id', 'text', refers('accounts.id'))
    .addColumn('call_id', 'text', refers('calls.id'))
    .addColumn('status', 'text', required)
    .addColumn('failure', 'text')
    .addColumn('path', 'text', required)
    .addColumn('channels', 'integer', required)
    .addColumn('duration_ms', 'bigint')
    .addColumn('bytes', 'bigint')
    .addColumn('created_at_ms', 'bigint', required)
    .execute()
  const byTime = db.schema.createIndex('recordings_by_time').on('recordings')
  await byTime.columns(['account_id', 'created_at_ms', 'id', 'status']).execute()
  const byCall = db.schema.createIndex('recordings_by_call').on('recordings')
  await byCall.columns(['call_id', 'created_at_ms', 'id']).execute()
}

async function createEndpoints(db: AnyDb): Promise<void> {
  await db.schema
    .createTable('numbers')
    .addColumn('id', 'text', key)
    .addColumn('account_id', 'text', refers('accounts.id'))
    .addColumn('number', 'text', (column) => column.notNull().unique())
    .addColumn('route', 'text', required)
    .addColumn('created_at_ms', 'bigint', required)
    .execute()
  await db.schema
    .createTable('devices')
    .addColumn('id', 'text', key)
    .addColumn('account_id', 'text', refers('accounts.id'))
    .addColumn('username', 'text', (column) => column.notNull().unique())
    .addColumn('name', 'text', required)
    .addColumn('ha1_md5', 'text', required)
    .addColumn('ha1_sha256', 'text', required)
    .addColumn('created_at_ms', 'bigint', required)
    .execute()
  await createRegistrations(db)
  await db.schema
    .createTable('trunks')
    .addColumn('id', 'text', key)
    .addColumn('name', 'text', required)
    .addColumn('host', 'text', required)
    .addColumn('port', 'integer', required)
    .addColumn('transport', 'text', required)
    .addColumn('username', 'text')
    .addColumn('password', 'text')
    .addColumn('default_caller_id', 'text')
    .addColumn('prefixes', 'text', required)
    .addColumn('priority', 'integer', required)
    .addColumn('enabled', 'integer', required)
    .execute()
}

async function createRegistrations(db: AnyDb): Promise<void> {
  await db.schema
    .createTable('registrations')
    .addColumn('device_id', 'text', (column) =>
      column.notNull().references('devices.id').onDelete('cascade'),
    )
    .addColumn('contact', 'text', required)
    .addColumn('source', 'text', required)
    .addColumn('user_agent', 'text')
    .addColumn('sip_call_id', 'text', required)
    .addColumn('cseq', 'bigint', required)
    .addColumn('expires_at_ms', 'bigint', required)
    .addPrimaryKeyConstraint('registrations_key', ['device_id', 'contact'])
    .execute()
}
