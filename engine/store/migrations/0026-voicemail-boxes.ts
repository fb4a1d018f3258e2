import { type Kysely, type SqlBool, sql } from 'kysely'

type AnyDb = Kysely<Record<never, never>>

/**
 * Voicemail boxes, whom they serve, and their messages, whose audio is that of recordings. Messages of devices that
 * there are already come into a box of their own device.
 */
export async function voicemailBoxes(db: AnyDb): Promise<void> {
  await createBoxes(db)
  await createMessages(db)
  await moveOldMessages(db as unknown as Kysely<OldTables>)
  await db.schema.dropTable('voicemails').execute()
  await db.schema.alterTable('numbers').addColumn('forwarding', 'text').execute()
}

async function createBoxes(db: AnyDb): Promise<void> {
  await db.schema
    .createTable('voicemail_boxes')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('account_id', 'text', (column) => column.notNull().references('accounts.id'))
    .addColumn('options', 'text', (column) => column.notNull())
    .addColumn('pin_hash', 'text')
    .addColumn('greetings', 'text', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .execute()
  const ofAccount = db.schema.createIndex('voicemail_boxes_of_account').on('voicemail_boxes')
  await ofAccount.columns(['account_id', 'created_at_ms', 'id']).execute()
  for (const [what, column] of [
    ['devices', 'device_id'],
    ['numbers', 'number_id'],
  ] as const) {
    await db.schema
      .createTable(`voicemail_box_${what}`)
      .addColumn(column, 'text', (key) =>
        key.primaryKey().references(`${what}.id`).onDelete('cascade'),
      )
      .addColumn('box_id', 'text', (key) =>
        key.notNull().references('voicemail_boxes.id').onDelete('cascade'),
      )
      .execute()
    const ofBox = db.schema.createIndex(`voicemail_box_${what}_of_box`)
    await ofBox.on(`voicemail_box_${what}`).column('box_id').execute()
  }
}

async function createMessages(db: AnyDb): Promise<void> {
  await db.schema
    .createTable('voicemail_messages')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('account_id', 'text', (column) => column.notNull().references('accounts.id'))
    .addColumn('box_id', 'text', (column) =>
      column.notNull().references('voicemail_boxes.id').onDelete('cascade'),
    )
    .addColumn('recording_id', 'text', (column) =>
      column.notNull().unique().references('recordings.id').onDelete('cascade'),
    )
    .addColumn('call_id', 'text')
    .addColumn('from_party', 'text', (column) => column.notNull())
    .addColumn('from_name', 'text')
    .addColumn('to_party', 'text', (column) => column.notNull())
    .addColumn('reason', 'text', (column) => column.notNull())
    .addColumn('received_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('duration_ms', 'bigint', (column) => column.notNull())
    .addColumn('folder', 'text', (column) => column.notNull())
    .addColumn('urgent', 'integer', (column) => column.notNull())
    .addColumn('heard_at_ms', 'bigint')
    .addColumn('deleted_at_ms', 'bigint')
    .addColumn('expires_at_ms', 'bigint')
    .execute()
  const newest = db.schema.createIndex('voicemail_messages_of_box').on('voicemail_messages')
  await newest.columns(['box_id', 'folder', 'received_at_ms', 'id']).execute()
  const expiring = db.schema.createIndex('voicemail_messages_expiring').on('voicemail_messages')
  await expiring
    .columns(['expires_at_ms', 'id'])
    .where(sql<SqlBool>`expires_at_ms is not null`)
    .execute()
  const drafts = db.schema.createIndex('voicemail_messages_drafts').on('voicemail_messages')
  await drafts.column('id').where(sql<SqlBool>`folder = 'draft'`).execute()
}

/** The tables as they were then. */
interface OldTables {
  voicemails: {
    id: string
    account_id: string
    device_id: string
    call_id: string | null
    from_party: string
    received_at_ms: number
    duration_ms: number
    path: string
    heard: number
    transcript: string | null
  }
  devices: { id: string; username: string; name: string }
  calls: { id: string }
  recordings: Record<string, unknown>
  voicemail_boxes: Record<string, unknown>
  voicemail_box_devices: Record<string, unknown>
  voicemail_messages: Record<string, unknown>
}

async function moveOldMessages(db: Kysely<OldTables>): Promise<void> {
  const boxes = new Map<string, string>()
  for (const old of await db.selectFrom('voicemails').selectAll().execute()) {
    const boxId = boxes.get(old.device_id) ?? (await boxFor(db, old))
    boxes.set(old.device_id, boxId)
    await moveMessage(db, old, boxId)
  }
}

async function boxFor(
  db: Kysely<OldTables>,
  { device_id, account_id, received_at_ms }: OldTables['voicemails'],
): Promise<string> {
  const device = await db
    .selectFrom('devices')
    .selectAll()
    .where('id', '=', device_id)
    .executeTakeFirstOrThrow()
  const digits = (BigInt(`0x${device_id.replaceAll('-', '')}`) % 10_000_000_000n).toString()
  const id = `VM${digits.padStart(10, '0')}`
  const options = JSON.stringify({ name: device.name })
  const row = { id, account_id, options, pin_hash: null, greetings: '{}' }
  await db
    .insertInto('voicemail_boxes')
    .values({ ...row, created_at_ms: received_at_ms })
    .execute()
  await db.insertInto('voicemail_box_devices').values({ device_id, box_id: id }).execute()
  return id
}

/** The message's id is good for its recording, too. */
async function moveMessage(
  db: Kysely<OldTables>,
  old: OldTables['voicemails'],
  boxId: string,
): Promise<void> {
  const { id, account_id, call_id, received_at_ms, duration_ms, path, transcript } = old
  const call = await db
    .selectFrom('calls')
    .select('id')
    .where('id', '=', call_id ?? '')
    .executeTakeFirst()
  const { username } = await db
    .selectFrom('devices')
    .select('username')
    .where('id', '=', old.device_id)
    .executeTakeFirstOrThrow()
  await db
    .insertInto('recordings')
    .values({
      ...{ id, account_id, call_id: call?.id ?? null, conference_id: null, status: 'completed' },
      ...{ failure: null, path, channels: 1, duration_ms, bytes: null },
      ...{ created_at_ms: received_at_ms, source: 'voicemail' },
      transcript_status: transcript === null ? null : 'completed',
      transcript: transcript === null ? null : JSON.stringify({ text: transcript, segments: [] }),
    })
    .execute()
  await db
    .insertInto('voicemail_messages')
    .values({
      ...{ id, account_id, box_id: boxId, recording_id: id, call_id },
      ...{ from_party: old.from_party, from_name: null, to_party: username, reason: 'no-answer' },
      ...{ received_at_ms, duration_ms, folder: old.heard === 0 ? 'new' : 'saved', urgent: 0 },
      heard_at_ms: old.heard === 0 ? null : received_at_ms,
      ...{ deleted_at_ms: null, expires_at_ms: null },
    })
    .execute()
}
