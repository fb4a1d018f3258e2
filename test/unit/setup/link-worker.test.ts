import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { linkWorker } from '../../../engine/setup/link-worker.ts'

let folder: string
let place: string
let worker: string
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'ringdown-link-')))
  place = join(folder, 'package/out/mediasoup-worker')
  worker = join(folder, 'mediasoup-worker')
  writeFileSync(worker, 'the worker')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const putAtPlace = (put: () => void) => {
  mkdirSync(dirname(place), { recursive: true })
  put()
}

const before: readonly [string, () => void][] = [
  ['nothing', () => undefined],
  ['another worker', () => writeFileSync(place, 'old')],
  ['a link to nowhere', () => symlinkSync('/nowhere/at/all', place)],
  ['a link to itself', () => symlinkSync(place, place)],
]
test.each(before)('where there was %s the worker is linked, by its absolute path', (_, put) => {
  putAtPlace(put)
  linkWorker(relative(process.cwd(), worker), place)
  expect(readlinkSync(place)).toBe(worker)
  expect(readFileSync(place, 'utf8')).toBe('the worker')
})

test('a worker that already lies in that place stays, whatever it is called by', () => {
  putAtPlace(() => writeFileSync(place, 'built here'))
  const alias = join(folder, 'alias')
  symlinkSync(place, alias)
  const dotted = `${dirname(place)}/../out/mediasoup-worker`
  for (const named of [place, relative(process.cwd(), place), dotted, alias]) {
    linkWorker(named, place)
    expect(lstatSync(place).isFile()).toBe(true)
    expect(readFileSync(place, 'utf8')).toBe('built here')
  }
})

test('the place itself, when it is a link to the worker, stays that link', () => {
  putAtPlace(() => symlinkSync(worker, place))
  linkWorker(place, place)
  expect(readlinkSync(place)).toBe(worker)
})

test('a name to be looked up in PATH leaves what is there', () => {
  putAtPlace(() => writeFileSync(place, 'old'))
  linkWorker('no-such-program-here', place)
  expect(readFileSync(place, 'utf8')).toBe('old')
})
