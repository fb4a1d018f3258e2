import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { lockFolder } from '../../../engine/store/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'ringdown-folder-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('a data folder that is not there is made, for its owner alone', () => {
  const absent = join(folder, 'new', 'data')
  const release = lockFolder(absent)
  expect(statSync(absent).mode & 0o777).toBe(0o700)
  expect(() => lockFolder(absent)).toThrow(
    `cannot take the data folder ${absent}: another process uses it`,
  )
  release()
  lockFolder(absent)()
})

test.each([
  ['a file where the folder should be', () => writeFileSync(join(folder, 'file'), ''), 'file'],
  [
    'a folder where the lock should be',
    () => mkdirSync(join(folder, 'odd', 'ringdown.lock'), { recursive: true }),
    'odd',
  ],
])('%s: one line that names it', (_, make, name) => {
  make()
  expect(() => lockFolder(join(folder, name))).toThrow(
    new RegExp(`^cannot take the data folder ${join(folder, name)}: .+$`),
  )
})
