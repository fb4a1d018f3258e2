import { createHash } from 'node:crypto'
import { type Kysely, type SqlBool, sql } from 'kysely'

type AnyDb = Kysely<Record<never, never>>

/**
 * Webhooks of accounts, secrets that overlap, and an outbox that is listed: it keeps what was delivered for a while,
 * and each row has its event, for the log does not keep that for ever.
 */
export async function webhooks(db: AnyDb): Promise<void> {
  await createWebhooks(db)
  await addToAccounts(db)
  await addToDeliveries(db)
  await fillDeliveries(db as unknown as Kysely<Old>)
  await fillAccounts(db as unknown as Kysely<Old>)
}

async function createWebhooks(db: AnyDb): Promise<void> {
  await db.schema
    .createTable('webhooks')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('account_id', 'text', (column) => column.notNull().references('accounts.id'))
    .addColumn('renderer', 'text', (column) => column.notNull())
    .addColumn('options', 'text', (column) => column.notNull())
    .addColumn('url', 'text', (column) => column.notNull())
    .addColumn('events', 'text', (column) => column.notNull())
    .addColumn('triggered_only', 'integer', (column) => column.notNull())
    .addColumn('description', 'text')
    .addColumn('enabled', 'integer', (column) => column.notNull())
    .addColumn('secret', 'text', (column) => column.notNull())
    .addColumn('previous_secret', 'text')
    .addColumn('previous_until_ms', 'bigint')
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .execute()
  const ofAccount = db.schema.createIndex('webhooks_of_account').on('webhooks')
  await ofAccount.columns(['account_id', 'created_at_ms', 'id']).execute()
}

async function addToAccounts(db: AnyDb): Promise<void> {
  const accounts = () => db.schema.alterTable('accounts')
  await accounts().addColumn('previous_webhook_secret', 'text').execute()
  await accounts().addColumn('previous_webhook_secret_until_ms', 'bigint').execute()
  await accounts().addColumn('events_gone_to', 'bigint').execute()
}

async function addToDeliveries(db: AnyDb): Promise<void> {
  const deliveries = () => db.schema.alterTable('deliveries')
  await deliveries()
    .addColumn('state', 'text', (column) => column.notNull().defaultTo('open'))
    .execute()
  await sql`update deliveries set state = 'dead' where dead = 1`.execute(db)
  for (const index of ['deliveries_due', 'deliveries_of_subject'])
    await db.schema.dropIndex(index).execute()
  await deliveries().dropColumn('dead').execute()
  for (const column of ['stream', 'webhook_id', 'event'])
    await deliveries().addColumn(column, 'text').execute()
  for (const column of ['since_ms', 'created_at_ms', 'settled_at_ms'])
    await deliveries().addColumn(column, 'bigint').execute()
  for (const column of ['answer_status', 'took_ms'])
    await deliveries().addColumn(column, 'integer').execute()
  const index = (name: string) => db.schema.createIndex(name).on('deliveries')
  const isDue = sql<SqlBool>`due_at_ms is not null`
  await index('deliveries_due').columns(['due_at_ms', 'id', 'host']).where(isDue).execute()
  await index('deliveries_of_host').columns(['host', 'due_at_ms', 'id']).where(isDue).execute()
  await index('deliveries_of_stream').columns(['stream', 'state', 'id']).execute()
  await index('deliveries_of_account').columns(['account_id', 'state', 'id']).execute()
  await index('deliveries_of_subject').columns(['subject_id', 'id']).execute()
  await index('deliveries_of_webhook')
    .columns(['webhook_id', 'state', 'id'])
    .where(sql<SqlBool>`webhook_id is not null`)
    .execute()
}

interface Old {
  deliveries: {
    id: number
    account_id: string
    sequence: number
    subject: string
    subject_id: string
    url: string
    renderer: string | null
    snapshot: string
    stream: string | null
    event: string | null
    since_ms: number | null
    created_at_ms: number | null
    settled_at_ms: number | null
    state: string
  }
  events: {
    account_id: string
    sequence: number
    call_id: string
    type: string
    at_ms: number
    data: string
  }
  account_events: { account_id: string; sequence: number }
  accounts: { id: string; last_sequence: number; events_gone_to: number | null }
}

const atOnce = 500

/** What the columns that there were not are for rows that there are. */
async function fillDeliveries(db: Kysely<Old>): Promise<void> {
  for (let after = 0; ; ) {
    const rows = await db
      .selectFrom('deliveries')
      .leftJoin('events', (join) =>
        join
          .onRef('events.account_id', '=', 'deliveries.account_id')
          .onRef('events.sequence', '=', 'deliveries.sequence'),
      )
      .select(['deliveries.id', 'subject', 'subject_id', 'url', 'renderer', 'snapshot', 'state'])
      .select(['events.call_id', 'events.type', 'events.at_ms', 'events.data'])
      .where('deliveries.id', '>', after)
      .orderBy('deliveries.id')
      .limit(atOnce)
      .execute()
    for (const { id, state, ...row } of rows) {
      const { text, atMs } = row.subject === 'call' ? eventOfCall(row) : eventOfConference(row)
      await db
        .updateTable('deliveries')
        .set({ stream: streamOf(row), event: text, since_ms: atMs, created_at_ms: atMs })
        .set({ settled_at_ms: state === 'dead' ? atMs : null })
        .where('id', '=', id)
        .execute()
      after = id
    }
    if (rows.length < atOnce) return
  }
}

type Found = Pick<Old['deliveries'], 'snapshot' | 'subject_id' | 'url' | 'renderer'> & {
  call_id: string | null
  type: string | null
  at_ms: number | null
  data: string | null
}

function eventOfCall({ call_id: callId, type, at_ms: atMs, data }: Found) {
  if (data === null) return { text: null, atMs: 0 }
  const text = `{"callId":${JSON.stringify(callId)},"type":${JSON.stringify(type)},"atMs":${atMs},"data":${data}}`
  return { text, atMs: atMs ?? 0 }
}

/** Its snapshot has the event. */
function eventOfConference({ snapshot }: Found) {
  try {
    const { event } = JSON.parse(snapshot) as { event: Record<string, unknown> }
    const { conferenceId, type, atMs, data } = event
    const text = JSON.stringify({ callId: null, conferenceId, type, atMs, data })
    return { text, atMs: Number(atMs) }
  } catch {
    return { text: null, atMs: 0 }
  }
}

/** As store/streams.ts has it. */
const streamOf = ({ subject_id, renderer, url }: Found): string =>
  createHash('sha256')
    .update(JSON.stringify([subject_id, renderer, url]))
    .digest('base64url')

/** Only the oldest of the events outside calls were ever removed: the log is whole from the oldest that is left. */
async function fillAccounts(db: Kysely<Old>): Promise<void> {
  const accounts = await db.selectFrom('accounts').select(['id', 'last_sequence']).execute()
  for (const { id, last_sequence: last } of accounts) {
    const count = async (table: 'events' | 'account_events') => {
      const query = db
        .selectFrom(table)
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .select((eb) => eb.fn.min<number | null>('sequence').as('oldest'))
        .where('account_id', '=', id)
      return query.executeTakeFirstOrThrow()
    }
    const [ofCalls, others] = [await count('events'), await count('account_events')]
    if (Number(ofCalls.count) + Number(others.count) >= Number(last) || others.oldest === null)
      continue
    const goneTo = Number(others.oldest) - 1
    await db.updateTable('accounts').set({ events_gone_to: goneTo }).where('id', '=', id).execute()
  }
}
