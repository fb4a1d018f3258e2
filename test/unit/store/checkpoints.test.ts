import { closeSync, openSync, readFileSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import {
  type CheckpointOrder,
  Checkpoints,
  startThread,
} from '../../../engine/store/checkpoints.ts'
import { openDatabase } from '../../../engine/store/sqlite.ts'
import { newPlace, onPostgres } from '../../support/databases.ts'

const onFile = test.skipIf(onPostgres)

const pageBytes = 4_096
const bounds = { everyMs: 1, atPages: 20, mostPages: 100 }

/** A database with one table, and the thread of its checkpoints. Nobody writes while it has the connection. */
async function copied(script: { onLend?: () => Promise<unknown>; path?: string } = {}) {
  const path = await newPlace()
  const file = openDatabase(path)
  file.exec('create table items (number integer primary key, text text)')
  const descriptor = openSync(path, 'r+')
  const thread = startThread(script.path ?? path, descriptor, bounds)
  const lost = Promise.withResolvers<string>()
  let turns = 0
  let turn = Promise.resolve()
  const lend = (use: () => Promise<void>): Promise<void> => {
    turns += 1
    turn = Promise.all([use(), script.onLend?.()]).then(() => undefined)
    return turn
  }
  const checkpoints = new Checkpoints(file, thread, lend, lost.resolve)
  onTestFinished(async () => {
    await checkpoints.stop()
    file.close()
    closeSync(descriptor)
  })
  let written = 0
  const writeNow = (): void => {
    const text = 'x'.repeat(pageBytes)
    file.prepare('insert into items (number, text) values (?, ?)').run(++written, text)
  }
  const write = async (): Promise<void> => {
    await turn
    writeNow()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return {
    ...{ path, thread, checkpoints, write, writeNow, lost: lost.promise },
    /** 0: never. */
    commitsCopyFrom: () =>
      Number(file.prepare('pragma wal_autocheckpoint').get()?.['wal_autocheckpoint']),
    logBytes: () => statSync(`${path}-wal`).size,
    /** Another one each time that the log begins anew, whether or not its file is made short. */
    salt: () => readFileSync(`${path}-wal`).toString('hex', 16, 24),
    turns: () => turns,
    written: () => written,
  }
}

function rowsIn(path: string): number {
  const file = new DatabaseSync(path)
  try {
    expect(file.prepare('pragma integrity_check').get()).toEqual({ integrity_check: 'ok' })
    return Number(file.prepare('select count(*) as count from items').get()?.['count'])
  } finally {
    file.close()
  }
}

onFile('steady writing: commits copy nothing, and the log begins anew', async () => {
  const { write, commitsCopyFrom, salt, checkpoints, path, written } = await copied()
  const salts = new Set<string>()
  while (salts.size < 4) {
    await write()
    salts.add(salt())
  }
  expect(commitsCopyFrom()).toBe(0)
  await checkpoints.stop()
  expect(rowsIn(path)).toBe(written())
})

onFile(
  'writing without a pause: once there is one, the file of the log is short again',
  async () => {
    const { write, writeNow, logBytes, turns, path, written } = await copied()
    while (turns() < 3) {
      for (let count = 0; count < 2 * bounds.mostPages; count++) writeNow()
      await write()
    }
    while (logBytes() > bounds.mostPages * pageBytes) await new Promise(setImmediate)
    expect(rowsIn(path)).toBe(written())
  },
)

onFile('a reader who stays: writing goes on, and the log begins anew after him', async () => {
  const { path, write, logBytes, salt, written } = await copied()
  const reader = new DatabaseSync(path, { readOnly: true })
  reader.exec('begin')
  const seen = reader.prepare('select count(*) as count from items').get()
  while (logBytes() < 3 * bounds.mostPages * pageBytes) await write()
  expect(reader.prepare('select count(*) as count from items').get()).toEqual(seen)
  const before = salt()
  reader.close()
  while (salt() === before) await write()
  expect(rowsIn(path)).toBe(written())
})

onFile('without the thread commits copy, as is SQLite’s own way', async () => {
  const { commitsCopyFrom, thread, lost, write, logBytes, path, written } = await copied()
  while (commitsCopyFrom() !== 0) await write()
  await thread.terminate()
  expect(await lost).toBe('it ended')
  expect(commitsCopyFrom()).toBe(1_000)
  for (let count = 0; count < 3_000; count++) await write()
  expect(logBytes()).toBeLessThan(2_000 * pageBytes)
  expect(rowsIn(path)).toBe(written())
})

onFile('a thread that cannot begin is told of', async () => {
  const { commitsCopyFrom, lost } = await copied({ path: '/proc/nowhere/ringdown.db' })
  expect(await lost).toMatch(/unable to open/)
  expect(commitsCopyFrom()).toBe(1_000)
})

onFile('a thread that dies with the connection gives it back', async () => {
  const script = { onLend: () => made.then(({ thread }) => thread.terminate()) }
  const made = copied(script)
  const { write, turns, lost, path, written } = await made
  while (turns() === 0) await write()
  await lost
  for (let count = 0; count < 10; count++) await write()
  expect(rowsIn(path)).toBe(written())
})

onFile('what it is lent when it has just been stopped does not keep it from ending', async () => {
  const path = await newPlace()
  const file = openDatabase(path)
  const descriptor = openSync(path, 'r+')
  const thread = startThread(path, descriptor, bounds)
  const gone = new Promise((resolve) => thread.once('exit', resolve))
  thread.ref()
  thread.postMessage('stop' satisfies CheckpointOrder)
  thread.postMessage('lent' satisfies CheckpointOrder)
  expect(await gone).toBe(0)
  file.close()
  closeSync(descriptor)
})
