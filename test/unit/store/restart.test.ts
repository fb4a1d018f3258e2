import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { openStore } from '../../../engine/store/index.ts'
import { newPlace, onPostgres } from '../../support/databases.ts'
import { accountId, call, callId, event, memoryStore, testClock } from './fixtures.ts'

test('what was written is there after closing and opening again', async () => {
  const path = await newPlace()
  const before = await memoryStore(testClock(), path)
  const row = call(1, { statusCallback: 'http://app.example/' })
  await before.calls.commit(row, [event(row, 'call.queued')])
  const secret = await before.accounts.webhookSecret(accountId)
  await before.close()
  const after = await openStore({ path, clock: testClock() })
  expect(await after.calls.get(accountId, row.id)).toEqual(row)
  expect(await after.accounts.webhookSecret(accountId)).toBe(secret)
  expect((await after.outbox.due(1_000, 9)).map((one) => one.event.sequence)).toEqual([1])
  await after.calls.commit(row, [event(row, 'call.ringing')])
  expect((await after.events.after(accountId, 0, 9)).map((one) => one.sequence)).toEqual([1, 2])
  await after.close()
})

test('closing waits for what was asked for before, and refuses what comes after', async () => {
  const path = await newPlace()
  const store = await memoryStore(testClock(), path)
  const pending = store.calls.commit(call(1), [event(call(1), 'call.queued')])
  await Promise.all([store.close(), store.close(), pending])
  await expect(store.calls.get(accountId, callId(1))).rejects.toThrow()
  const again = await openStore({ path, clock: testClock() })
  expect(await again.calls.get(accountId, callId(1))).toBeDefined()
  await again.close()
})

/** Kills the child with SIGKILL after so many commits; resolves with the last number that it printed. */
function killAfter(path: string, first: number, commits: number): Promise<number> {
  const script = join(import.meta.dirname, 'crash-child.ts')
  const flags = ['--disable-warning=ExperimentalWarning']
  const child = spawn(process.execPath, [...flags, script, path, `${first}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return new Promise((resolve, reject) => {
    let output = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
      if (output.split('\n').length > commits) child.kill('SIGKILL')
    })
    child.on('error', reject)
    child.on('close', (_code, signal) => {
      if (signal !== 'SIGKILL') reject(new Error(`the child ended by itself: ${output}`))
      else resolve(Number(output.split('\n').at(-2)))
    })
  })
}

test('kill -9 in the middle of writing loses no commit and leaves no gap', async () => {
  const path = await newPlace()
  let next = 0
  for (const commits of [40, 1, 17]) {
    const last = await killAfter(path, next, commits)
    const store = await openStore({ path, clock: testClock(9_000) })
    const { total } = await store.calls.list(accountId, { page: 1, pageSize: 1 })
    // The child may have died between a commit and its line.
    expect(total).toBeGreaterThanOrEqual(last + 1)
    for (let number = 0; number <= last; number++) {
      expect(await store.calls.get(accountId, callId(number))).toBeDefined()
    }
    const events = await store.events.after(accountId, 0, 1_000_000)
    expect(events.map((one) => one.sequence)).toEqual(events.map((_, index) => index + 1))
    expect(events).toHaveLength(total * 2)
    expect(await store.outbox.due(9_000, 1_000_000)).toHaveLength(total)
    await store.close()
    next = total
  }
  if (onPostgres) return
  const file = new DatabaseSync(path)
  expect(file.prepare('pragma integrity_check').all()).toEqual([{ integrity_check: 'ok' }])
  expect(file.prepare('pragma foreign_key_check').all()).toEqual([])
  file.close()
})
