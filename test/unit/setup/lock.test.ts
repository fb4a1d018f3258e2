import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { withLock } from '../../../engine/setup/lock.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringdown-lock-'))
  file = join(folder, 'lock')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('the work of two never overlaps', async () => {
  let inside = 0
  const said: string[] = []
  const work = async () => {
    expect(++inside).toBe(1)
    await new Promise((next) => setTimeout(next, 50))
    inside -= 1
    return 'done'
  }
  const say = (message: string) => said.push(message)
  const both = [withLock(file, say, work), withLock(file, say, work)]
  expect(await Promise.all(both)).toEqual(['done', 'done'])
  expect(said).toEqual([`waiting for another set-up to finish (process ${process.pid})`])
})

test('the lock is given back when the work fails', async () => {
  const fails = async () => {
    throw new Error('no luck')
  }
  await expect(withLock(file, () => {}, fails)).rejects.toThrow('no luck')
  expect(existsSync(file)).toBe(false)
})

test.each([
  ['a process that has ended', () => String(spawnSync('true').pid)],
  ['nobody', () => ''],
  ['nonsense', () => 'x'],
])('a lock left by %s is taken over', async (_, owner) => {
  writeFileSync(file, owner())
  expect(
    await withLock(
      file,
      () => {},
      async () => 'done',
    ),
  ).toBe('done')
})
