import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { CallStatus } from '../../../engine/core/call.ts'
import { entryOfCall, journalIdOf } from '../../../engine/core/journal.ts'
import type { Store } from '../../../engine/core/ports/store.ts'
import { openStore } from '../../../engine/store/index.ts'
import { initial } from '../../../engine/store/migrations/0001-initial.ts'
import { sqliteDialect } from '../../../engine/store/sqlite.ts'
import { accountId, call, callId, event, subscription, testClock } from './fixtures.ts'

let folder: string
let path: string
const clock = testClock(9_000)
let store: Store
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ringdown-upgrade-'))
  path = join(folder, 'ringdown.db')
  await writeOldDatabase()
  store = await openStore({ path, clock })
})
afterEach(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

type Row = Record<string, SQLInputValue>

/** A call and its webhooks as the version with the first schema alone left them. */
function oldCall(file: DatabaseSync, name: string, types: readonly string[], over: Row = {}): void {
  const { n } = file.prepare('select count(*) as n from events').get() as { n: number }
  const row: Row = {
    ...{
      id: callId(name),
      account_id: accountId,
      direction: 'outbound',
      from_party: '+15005550100',
    },
    ...{ to_party: '+61412345678', status: types.at(-1)!, created_at_ms: 1_000, begin_ms: 1_000 },
    ...{ method: 'POST', record: 0, status_callback: 'http://app.example/' },
    ...over,
  }
  insert(file, 'calls', row)
  for (const [index, type] of types.entries()) {
    const sequence = n + index + 1
    const isStatus = !type.includes('.')
    const full = isStatus ? `call.${type}` : type
    const key = { account_id: accountId, sequence, call_id: callId(name) }
    insert(file, 'events', { ...key, type: full, at_ms: 1_000 + index, data: '{}' })
    if (!isStatus) continue
    const { gathered: _, ...old } = call(name, { status: type as CallStatus })
    insert(file, 'deliveries', {
      ...{ ...key, url: 'http://app.example/', host: 'app.example', attempts: 0, dead: 0 },
      ...{ call_snapshot: JSON.stringify(old), due_at_ms: index === 0 ? 5_000 : null },
    })
  }
}

function insert(file: DatabaseSync, table: string, row: Row): void {
  const places = Object.keys(row).map(() => '?')
  const sql = `insert into ${table} (${Object.keys(row)}) values (${places})`
  file.prepare(sql).run(...Object.values(row))
}

async function writeOldDatabase(): Promise<void> {
  const file = new DatabaseSync(path)
  const db = new Kysely({ dialect: sqliteDialect(file) })
  const provider = { getMigrations: async () => ({ '0001-initial': { up: initial } }) }
  const { error } = await new Migrator({ db, provider }).migrateToLatest()
  expect(error).toBeUndefined()
  insert(file, 'accounts', {
    ...{ id: accountId, ordinal: 1, name: 'a', record_trigger_calls: 0, webhook_secret: 'secret' },
    ...{ last_sequence: 100, created_at_ms: 1 },
  })
  insert(file, 'numbers', {
    ...{ id: 'n', account_id: accountId, number: '+15005550100', created_at_ms: 1 },
    route: '{"kind":"device","username":"1001"}',
  })
  insert(file, 'trunks', {
    ...{ id: 't', name: 'old', host: 'sip.example', port: 5060, transport: 'udp', prefixes: '[]' },
    ...{ priority: 10, enabled: 1 },
  })
  insert(file, 'devices', {
    ...{ id: 'd', account_id: accountId, username: '1001', name: 'desk', created_at_ms: 1 },
    ...{ ha1_md5: 'x', ha1_sha256: 'y' },
  })
  insert(file, 'registrations', {
    ...{ device_id: 'd', contact: 'sip:1001@h', source: 'udp/192.0.2.1:5060' },
    ...{ sip_call_id: 'c', cseq: 1, expires_at_ms: 3_609_000 },
  })
  oldCall(file, 'talked', ['queued', 'in-progress', 'bridge.started', 'completed'], {
    ...{ answered_at_ms: 2_000, ended_at_ms: 4_000 },
  })
  oldCall(file, 'leg', ['queued', 'busy'], { parent_id: callId('talked'), ended_at_ms: 3_000 })
  oldCall(file, 'heard', ['ringing', 'in-progress', 'completed'], {
    ...{ direction: 'inbound', answered_at_ms: 2_000, ended_at_ms: 4_000 },
  })
  oldCall(file, 'busy', ['queued', 'busy'], { to_party: '1001', ended_at_ms: 3_000 })
  oldCall(file, 'live', ['queued', 'in-progress'], { to_party: '+44201', answered_at_ms: 2_000 })
  await db.destroy()
}

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
  const over = { ...(await store.calls.get(accountId, callId('live')))!, status: 'failed' } as const
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
