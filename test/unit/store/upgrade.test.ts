import type { Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { CallStatus } from '../../../engine/core/call.ts'
import { entryOfCall, journalIdOf } from '../../../engine/core/journal.ts'
import type { Store } from '../../../engine/core/ports/store.ts'
import { openStore } from '../../../engine/store/index.ts'
import { migrations } from '../../../engine/store/migrations/index.ts'
import {
  askDatabase,
  bareDatabase,
  newPlace,
  onPostgres,
  type Row,
} from '../../support/databases.ts'
import { accountId, call, callId, event, subscription, testClock } from './fixtures.ts'

const clock = testClock(9_000)
type Db = Kysely<Record<string, Row>>

/** Every schema that there was. */
const steps = Object.keys(migrations)
const [oldest = ''] = steps
/** No version with a schema older than that of 0015 knew PostgreSQL. */
const released = onPostgres ? steps.filter((step) => step === oldest || step > '0015') : steps

async function migrateTo(db: Db, step: string): Promise<void> {
  const provider = { getMigrations: async () => ({ ...migrations }) }
  const { error } = await new Migrator({ db, provider }).migrateTo(step)
  expect(error).toBeUndefined()
}

const insert = async (db: Db, table: string, row: Row): Promise<void> => {
  await db.insertInto(table).values(row).execute()
}

/** A call and its webhooks as the version with the first schema alone left them. */
async function oldCall(db: Db, name: string, types: readonly string[], over: Row = {}) {
  const { n } = await db
    .selectFrom('events')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow()
  await insert(db, 'calls', {
    ...{
      id: callId(name),
      account_id: accountId,
      direction: 'outbound',
      from_party: '+15005550100',
    },
    ...{ to_party: '+61412345678', status: types.at(-1)!, created_at_ms: 1_000, begin_ms: 1_000 },
    ...{ method: 'POST', record: 0, status_callback: 'http://app.example/' },
    ...over,
  })
  for (const [index, type] of types.entries()) {
    const sequence = n + index + 1
    const isStatus = !type.includes('.')
    const full = isStatus ? `call.${type}` : type
    const key = { account_id: accountId, sequence, call_id: callId(name) }
    await insert(db, 'events', { ...key, type: full, at_ms: 1_000 + index, data: '{}' })
    if (!isStatus) continue
    const { gathered: _, ...old } = call(name, { status: type as CallStatus })
    await insert(db, 'deliveries', {
      ...{ ...key, url: 'http://app.example/', host: 'app.example', attempts: 0, dead: 0 },
      ...{ call_snapshot: JSON.stringify(old), due_at_ms: index === 0 ? 5_000 : null },
    })
  }
}

/** Written by the first schema, and left by the version that had that one. */
async function writeOldDatabase(at: string, step = oldest): Promise<void> {
  const db = await bareDatabase(at)
  await migrateTo(db, oldest)
  await insert(db, 'accounts', {
    ...{ id: accountId, ordinal: 1, name: 'a', record_trigger_calls: 0, webhook_secret: 'secret' },
    ...{ last_sequence: 100, created_at_ms: 1 },
  })
  await insert(db, 'numbers', {
    ...{ id: 'n', account_id: accountId, number: '+15005550100', created_at_ms: 1 },
    route: '{"kind":"device","username":"1001"}',
  })
  await insert(db, 'trunks', {
    ...{ id: 't', name: 'old', host: 'sip.example', port: 5060, transport: 'udp', prefixes: '[]' },
    ...{ priority: 10, enabled: 1 },
  })
  await insert(db, 'devices', {
    ...{ id: 'd', account_id: accountId, username: '1001', name: 'desk', created_at_ms: 1 },
    ...{ ha1_md5: 'x', ha1_sha256: 'y' },
  })
  await insert(db, 'registrations', {
    ...{ device_id: 'd', contact: 'sip:1001@h', source: 'udp/192.0.2.1:5060' },
    ...{ sip_call_id: 'c', cseq: 1, expires_at_ms: 3_609_000 },
  })
  await oldCall(db, 'talked', ['queued', 'in-progress', 'bridge.started', 'completed'], {
    ...{ answered_at_ms: 2_000, ended_at_ms: 4_000 },
  })
  await oldCall(db, 'leg', ['queued', 'busy'], { parent_id: callId('talked'), ended_at_ms: 3_000 })
  await oldCall(db, 'heard', ['ringing', 'in-progress', 'completed'], {
    ...{ direction: 'inbound', answered_at_ms: 2_000, ended_at_ms: 4_000 },
  })
  await oldCall(db, 'busy', ['queued', 'busy'], { to_party: '1001', ended_at_ms: 3_000 })
  await oldCall(db, 'live', ['queued', 'in-progress'], {
    to_party: '+44201',
    answered_at_ms: 2_000,
  })
  await migrateTo(db, step)
  await db.destroy()
}

describe('the first schema', () => {
  let store: Store
  beforeEach(async () => {
    const place = await newPlace(false)
    await writeOldDatabase(place)
    store = await openStore({ path: place, clock })
  })
  afterEach(() => store.close())

  test('webhooks that were open are sent, each call in its order, with every field there is now', async () => {
    const sent: string[] = []
    for (let due = await store.outbox.due(9_000, 99); due.length > 0; ) {
      for (const { id, event, call, renderer, options } of due) {
        expect([call?.gathered, renderer, options]).toEqual([null, null, null])
        sent.push(`${event.callId} ${event.type}`)
        await store.outbox.delivered(id)
      }
      due = await store.outbox.due(9_000, 99)
    }
    const of = (name: string) => sent.filter((one) => one.startsWith(callId(name)))
    expect(of('talked')).toEqual(
      ['queued', 'in-progress', 'completed'].map((type) => `${callId('talked')} call.${type}`),
    )
    expect(sent).toHaveLength(12)
  })

  test('calls from before there was a journal are in it', async () => {
    const { entries } = await store.journal.list(accountId, { page: 1, pageSize: 9, sort: [] })
    const shown = entries.map(({ id, status, rate }) => `${id} ${status} ${rate}`)
    expect(new Set(shown)).toEqual(
      new Set([
        `${callId('talked')} answered 0.1`,
        `${callId('heard')} answered_by_program 0`,
        `${callId('busy')} missed 0`,
        `${callId('live')} answered_by_program 0.25`,
      ]),
    )
    const talked = await store.calls.get(accountId, callId('talked'))
    expect(await store.journal.get(accountId, journalIdOf(callId('talked')))).toEqual({
      ...entryOfCall(talked!),
      status: 'answered',
      updatedAtMs: 4_000,
    })
  })

  test('an old call goes on: its events, its webhooks, its entry, its subscribers', async () => {
    await store.subscriptions.set(subscription())
    const over = {
      ...(await store.calls.get(accountId, callId('live')))!,
      status: 'failed',
    } as const
    const ended = { ...over, endedAtMs: 9_000 }
    await store.calls.commit(ended, [event(ended, 'call.failed', 9_000)])
    expect((await store.journal.get(accountId, journalIdOf(ended.id)))?.updatedAtMs).toBe(9_000)
    const due = await store.outbox.due(9_000, 99)
    expect(due.filter(({ renderer }) => renderer !== null)).toHaveLength(1)
    expect((await store.events.ofCall(accountId, ended.id)).at(-1)).toMatchObject({ sequence: 101 })
  })

  test('trunks take their usual share and know no limits', async () => {
    expect(await store.trunks.list()).toMatchObject([
      { name: 'old', weight: 10, maxCalls: null, maxCallsPerSecond: null },
    ])
  })

  test('phones that were registered are, and not since 1970', async () => {
    expect(await store.registrations.all()).toMatchObject([
      {
        ...{ username: '1001', contact: 'sip:1001@h', registeredAtMs: 9_000, q: null },
        ...{ path: [], flow: null, expiresAtMs: 3_609_000 },
      },
    ])
  })
})

const shape = onPostgres
  ? `select table_name, column_name, data_type, is_nullable from information_schema.columns
     where table_schema = 'public' order by table_name, ordinal_position`
  : 'select name, sql from sqlite_master where sql is not null order by name'
const indexes = onPostgres
  ? "select indexname, indexdef from pg_indexes where schemaname = 'public' order by indexname"
  : 'select 1'

describe('every schema that there was', () => {
  test.each(released)(
    'from %s: the tables are those of a new database, and the log is whole',
    async (step) => {
      const old = await newPlace(false)
      await writeOldDatabase(old, step)
      const upgraded = await openStore({ path: old, clock })
      const log = await upgraded.events.after(accountId, 0, 100)
      expect(log.map(({ sequence }) => sequence)).toEqual(log.map((_, index) => index + 1))
      expect(log).toHaveLength(13)
      const row = call('new')
      await upgraded.calls.commit(row, [event(row, 'call.queued')])
      await upgraded.close()
      const fresh = await newPlace(false)
      await (await openStore({ path: fresh, clock })).close()
      for (const question of [shape, indexes]) {
        expect(await askDatabase(old, question)).toEqual(await askDatabase(fresh, question))
      }
    },
  )
})
