import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Kysely } from 'kysely'
import { afterAll, expect, test } from 'vitest'
import { callStore } from '../../../engine/store/calls.ts'
import { eventStore } from '../../../engine/store/events.ts'
import { openStore } from '../../../engine/store/index.ts'
import type { Tables } from '../../../engine/store/schema.ts'
import { openDatabase, sqliteDialect } from '../../../engine/store/sqlite.ts'
import { accountId, call, callId, event, memoryStore, testClock } from './fixtures.ts'

const folder = mkdtempSync(join(tmpdir(), 'ringdown-store-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const inFolder = (name: string): string => join(folder, name)

const cases: readonly [string, () => string, RegExp][] = [
  ['a folder that cannot be made', () => '/proc/ringdown/ringdown.db', /cannot open .*ENOENT/],
  ['a file where a folder should be', () => '/dev/null/ringdown.db', /ENOTDIR|EEXIST/],
  [
    'a folder where the file should be',
    () => {
      mkdirSync(inFolder('is-folder'))
      return inFolder('is-folder')
    },
    /EISDIR/,
  ],
  [
    'a file that is no database',
    () => {
      writeFileSync(inFolder('text.db'), 'no database at all '.repeat(300))
      return inFolder('text.db')
    },
    /the file is not a database/,
  ],
  ['a device that is always full', () => '/dev/full', /cannot open/],
  [
    'a database of a newer version',
    () => {
      const file = new DatabaseSync(inFolder('newer.db'))
      file.exec('create table kysely_migration (name text primary key, timestamp text not null)')
      file.exec("insert into kysely_migration values ('9999-future', '2030')")
      file.close()
      return inFolder('newer.db')
    },
    /written by a newer version/,
  ],
]
for (const [name, make, message] of cases) {
  test(`${name}: one clear line`, async () => {
    const error = await openStore({ path: make(), clock: testClock() }).then(
      () => undefined,
      (fault: Error) => fault,
    )
    expect(error?.message).toMatch(message)
    expect(error?.message).not.toContain('\n')
  })
}

test('a full disk: the commit is refused whole, the store goes on when there is room', async () => {
  const path = inFolder('full.db')
  const store = await memoryStore(testClock(), path)
  await store.close()
  // What SQLite says when the disk is full, made by a limit on the file's pages.
  const database = openDatabase(path)
  const db = new Kysely<Tables>({ dialect: sqliteDialect(database) })
  const calls = callStore(db, testClock(), () => undefined)
  database.exec('pragma max_page_count = 1')
  const big = call('big', { url: 'x'.repeat(200_000) })
  await expect(calls.commit(big, [event(big, 'call.queued')])).rejects.toThrow(/full/)
  expect(await calls.get(accountId, big.id)).toBeUndefined()
  database.exec('pragma max_page_count = 100000')
  await calls.commit(big, [event(big, 'call.queued')])
  const events = await eventStore(db).after(accountId, 0, 9)
  expect(events.map((one) => one.sequence)).toEqual([1])
  await db.destroy()
})

test('another process holds the write lock: reading goes on, a commit is refused whole', async () => {
  const path = inFolder('locked.db')
  const store = await memoryStore(testClock(), path)
  await store.calls.commit(call(1), [])
  const other = new DatabaseSync(path)
  other.exec('begin immediate')
  expect(await store.calls.get(accountId, callId(1))).toBeDefined()
  const lost = store.calls.commit(call(2), [event(call(2), 'call.queued')])
  await expect(lost).rejects.toThrow(/locked/)
  other.exec('rollback')
  other.close()
  await store.calls.commit(call(3), [event(call(3), 'call.queued')])
  expect(await store.calls.get(accountId, callId(2))).toBeUndefined()
  expect((await store.events.after(accountId, 0, 9)).map((one) => one.sequence)).toEqual([1])
  await store.close()
})

test('only the owner can read the file: trunk passwords are inside', async () => {
  const path = inFolder('private.db')
  const store = await memoryStore(testClock(), path)
  for (const suffix of ['', '-wal', '-shm']) {
    expect(statSync(path + suffix).mode & 0o077, suffix).toBe(0)
  }
  await store.close()
})

test('hostile text is data, not SQL', async () => {
  const store = await memoryStore()
  const hostile = [
    "'; drop table calls; --",
    '" or 1=1',
    '\u0000',
    '%',
    '\ud800',
    'x'.repeat(70_000),
  ]
  for (const [index, text] of hostile.entries()) {
    const row = call(index, { from: text, to: text, endReason: text })
    await store.calls.commit(row, [event(row, 'call.queued', 1, { [text]: text })])
    const page = await store.calls.list(accountId, { page: 1, pageSize: 9, from: text })
    expect(page.calls.map((one) => one.id)).toEqual([row.id])
  }
  expect((await store.calls.list(accountId, { page: 1, pageSize: 1 })).total).toBe(hostile.length)
  await store.close()
})
