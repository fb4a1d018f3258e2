import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, expect, test } from 'vitest'
import { openStore } from '../../../engine/store/index.ts'
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

test('a full disk: commits are refused whole and reading goes on; with room again all is well', async () => {
  const path = inFolder('full.db')
  await (await memoryStore(testClock(), path)).close()
  const script = join(import.meta.dirname, 'full-disk-child.ts')
  // 1 MB a file; the signal ignored, writing beyond fails as on a full disk.
  const command = `trap '' XFSZ; ulimit -f 1024; exec "$@"`
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', script, path]
  const child = spawnSync('bash', ['-c', command, 'bash', ...node], { encoding: 'utf8' })
  expect(child.stderr).toBe('')
  const { committed, errors, readable } = JSON.parse(child.stdout) as {
    committed: number[]
    errors: string[]
    readable: boolean
  }
  expect(readable).toBe(true)
  expect(committed.length).toBeGreaterThan(5)
  for (const error of errors) expect(error).toMatch(/disk/)
  const store = await openStore({ path, clock: testClock() })
  const { total } = await store.calls.list(accountId, { page: 1, pageSize: 1 })
  expect(total).toBe(committed.length)
  const row = call('after')
  await store.calls.commit(row, [event(row, 'call.queued')])
  const events = await store.events.after(accountId, 0, 100_000)
  expect(events.map((one) => one.sequence)).toEqual(events.map((_, index) => index + 1))
  expect(events).toHaveLength(committed.length * 2 + 1)
  await store.close()
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
