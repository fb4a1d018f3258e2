import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Store } from '../../../engine/core/ports/store.ts'
import { openStore } from '../../../engine/store/index.ts'
import { newDatabase, onPostgres } from '../../support/databases.ts'
import { postgresProgram } from '../../support/postgres.ts'
import { accountId, call, event, memoryStore, testClock } from './fixtures.ts'

const root = resolve(import.meta.dirname, '../../..')
const folder = mkdtempSync(join(tmpdir(), 'ringdown-backup-'))
const dataDir = join(folder, 'data')
const inFolder = (name: string): string => join(folder, name)
let place: string
let store: Store
beforeAll(async () => {
  place = onPostgres ? await newDatabase() : join(dataDir, 'ringdown.db')
  if (onPostgres) mkdirSync(dataDir)
  store = await memoryStore(testClock(), place)
})
afterAll(async () => {
  await store.close()
  rmSync(folder, { recursive: true })
})

async function run(program: string, args: readonly string[], settings = {}) {
  const env = { PATH: process.env['PATH'], HOME: folder, ...settings }
  const child = spawn(program, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let words = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (words += data))
  const [code] = await once(child, 'close')
  return { code, words }
}

const backUp = (...args: string[]) =>
  run(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', 'engine/compose/backup.ts', ...args],
    {
      RINGDOWN_DATA_DIR: dataDir,
      ...(onPostgres && { RINGDOWN_DATABASE: place }),
    },
  )

async function restored(from: string): Promise<Store> {
  if (!onPostgres) return openStore({ path: join(from, 'ringdown.db'), clock: testClock() })
  const url = await newDatabase('template1')
  const dump = join(from, 'ringdown.dump')
  const back = await run(postgresProgram('pg_restore'), [
    '--no-owner',
    '--dbname',
    libpq(url),
    dump,
  ])
  expect(back).toEqual({ code: 0, words: '' })
  return openStore({ path: url, clock: testClock() })
}

/** The same address as PostgreSQL's own programs take it. */
const libpq = (url: string): string => url.replace('@/', '@localhost/')

test('a backup made while calls are written is whole, can be opened, and goes on', async () => {
  for (const [name, text] of [
    ['jwt-secret', 'secret'],
    ['first-logins.json', '{}'],
    ['alive', ''],
    ['ringdown.lock-journal', ''],
  ] as const) {
    writeFileSync(join(dataDir, name), text, { mode: 0o600 })
  }
  mkdirSync(join(dataDir, 'speech-cache'))
  // Sound that is played just now, decrypted for that.
  mkdirSync(join(dataDir, 'scratch'))
  let isDone = false
  let committed = 0
  const writing = (async () => {
    for (; !isDone; committed++) {
      const row = call(committed, { statusCallback: 'http://app.example/' })
      await store.calls.commit(row, [event(row, 'call.queued'), event(row, 'call.ringing')])
      if (committed % 20 === 0) await new Promise((next) => setImmediate(next))
    }
  })()
  while (committed < 30) await new Promise((next) => setTimeout(next, 5))
  const { code, words } = await backUp(inFolder('first'))
  isDone = true
  await writing
  expect(words).toMatch(/copied and checked: [\d.]+ MB\n/)
  expect(code).toBe(0)
  const names = readdirSync(inFolder('first'))
  const database = onPostgres ? 'ringdown.dump' : 'ringdown.db'
  expect(new Set(names)).toEqual(
    new Set(['backup.json', 'first-logins.json', 'jwt-secret', database]),
  )
  expect(statSync(inFolder('first')).mode & 0o077).toBe(0)
  expect(existsSync(inFolder('first.part'))).toBe(false)

  const copy = await restored(inFolder('first'))
  const { total } = await copy.calls.list(accountId, { page: 1, pageSize: 1 })
  expect(total).toBeGreaterThanOrEqual(30)
  expect(total).toBeLessThanOrEqual(committed)
  const log = await copy.events.after(accountId, 0, 1_000_000)
  expect(log.map(({ sequence }) => sequence)).toEqual(log.map((_, index) => index + 1))
  expect(log).toHaveLength(total * 2)
  const due = await copy.outbox.due(9_000, 1_000_000)
  expect(due).toHaveLength(total)
  const row = call('after', { statusCallback: 'http://app.example/' })
  await copy.calls.commit(row, [event(row, 'call.queued')])
  const after = await copy.outbox.due(9_000, 1_000_000)
  expect(Math.max(...after.map(({ id }) => id))).toBeGreaterThan(
    Math.max(...due.map(({ id }) => id)),
  )
  await copy.close()
})

test('nothing is overwritten, and what is not complete is not left behind', async () => {
  const { code, words } = await backUp(folder)
  expect([code, words]).toEqual([1, `ringdown: ${folder} exists already\n`])
  const nowhere = await backUp('/proc/nowhere/backup')
  expect(nowhere.code).toBe(1)
  expect(nowhere.words.split('\n')).toHaveLength(2)
  expect(readFileSync(join(dataDir, 'jwt-secret'), 'utf8')).toBe('secret')
})
