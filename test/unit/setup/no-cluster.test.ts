import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { withoutCluster } from '../../../engine/setup/no-cluster.ts'

let root: string
let folder: string
const read = () => readFileSync(join(folder, 'ringdown.conf'), 'utf8')
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ringdown-cluster-'))
  folder = join(root, 'postgresql-common/createcluster.d')
})
afterEach(() => rmSync(root, { recursive: true }))

test('no server is made while the work lasts, and nothing of that is left', () => {
  expect(withoutCluster(read, folder)).toBe('create_main_cluster = false\n')
  expect(existsSync(folder)).toBe(false)
})

test('nothing is left of work that fails either, and what was there stays', () => {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'own.conf'), 'ssl = on\n')
  const failing = () => {
    throw new Error(read())
  }
  expect(() => withoutCluster(failing, folder)).toThrow('create_main_cluster = false')
  expect(existsSync(join(folder, 'ringdown.conf'))).toBe(false)
  expect(existsSync(join(folder, 'own.conf'))).toBe(true)
})

test('where nothing can be written the work is done all the same', () => {
  writeFileSync(join(root, 'file'), '')
  expect(withoutCluster(() => 'done', join(root, 'file/below'))).toBe('done')
})
