import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  fetchPrebuilt,
  getWorker,
  runsHere,
  type WorkerPlaces,
} from '../../../engine/setup/worker.ts'

/** The one thing that tells a worker: its exit code when a stranger starts it. */
const workerText = '#!/bin/sh\nexit 41\n'
const otherText = '#!/bin/sh\nexit 0\n'

let folder: string
let said: string[]

function program(name: string, text = workerText): string {
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  chmodSync(path, 0o755)
  return path
}

/** A mediasoup package whose install script does as told. */
function mediasoup(installScript: string): string {
  const home = join(folder, 'mediasoup')
  mkdirSync(home, { recursive: true })
  writeFileSync(join(home, 'package.json'), '{ "version": "9.9.9" }')
  writeFileSync(join(home, 'npm-scripts.mjs'), installScript)
  return home
}

const places = (more: Partial<WorkerPlaces> = {}): WorkerPlaces => ({
  mediasoup: mediasoup(''),
  cache: join(folder, 'cache'),
  named: undefined,
  skipPrebuilt: false,
  say: (message) => said.push(message),
  progress: () => {},
  ...more,
})

/** Sources that write down that they were asked, and then do as told. */
function sources(asked: string[], fetched: boolean, built = workerText) {
  const write = (to: string, text: string) => program(to.slice(folder.length + 1), text)
  return {
    async fetch(_: string, to: string) {
      asked.push('fetch')
      if (fetched) write(to, workerText)
      return fetched
    },
    async build(_: WorkerPlaces, to: string) {
      asked.push('build')
      write(to, built)
    },
  }
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringdown-worker-'))
  said = []
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('runsHere', () => {
  test.each([
    ['a worker', workerText, true],
    ['another program', otherText, false],
    ['a file that is no program', 'x', false],
  ])('%s', (_, text, wanted) => expect(runsHere(program('p', text))).toBe(wanted))

  test('nothing at all', () => expect(runsHere(join(folder, 'absent'))).toBe(false))
})

describe('getWorker', () => {
  test('takes the one that the user names, and asks nobody', async () => {
    const asked: string[] = []
    const named = program('mine')
    expect(await getWorker(places({ named }), sources(asked, true))).toBe(named)
    expect(asked).toEqual([])
  })

  test('says so when the one that the user names is none', async () => {
    const named = program('mine', otherText)
    await expect(getWorker(places({ named }))).rejects.toThrow(/^MEDIASOUP_WORKER_BIN: .*mine/)
  })

  test.each([
    ['fetches it', true, ['fetch']],
    ['builds it when it cannot be fetched', false, ['fetch', 'build']],
  ])('%s, once', async (_, fetched, wanted) => {
    const asked: string[] = []
    const first = await getWorker(places(), sources(asked, fetched))
    const second = await getWorker(places(), sources(asked, fetched))
    expect(runsHere(first)).toBe(true)
    expect(second).toBe(first)
    expect(asked).toEqual(wanted)
  })

  test('does not fetch when told not to', async () => {
    const asked: string[] = []
    await getWorker(places({ skipPrebuilt: true }), sources(asked, true))
    expect(asked).toEqual(['build'])
  })

  test('replaces a kept one that no longer runs', async () => {
    const asked: string[] = []
    const kept = await getWorker(places(), sources(asked, true))
    writeFileSync(kept, otherText)
    await getWorker(places(), sources(asked, true))
    expect(asked).toEqual(['fetch', 'fetch'])
  })

  test('two at once do the work once', async () => {
    const asked: string[] = []
    const both = [
      getWorker(places(), sources(asked, true)),
      getWorker(places(), sources(asked, true)),
    ]
    const [one, other] = await Promise.all(both)
    expect(one).toBe(other)
    expect(asked).toEqual(['fetch'])
  })

  test('says so when what was built does not run', async () => {
    const bad = getWorker(places(), sources([], false, otherText))
    await expect(bad).rejects.toThrow(/does not run/)
  })
})

describe('fetchPrebuilt', () => {
  const downloads = `import { mkdirSync, writeFileSync } from 'node:fs'
    mkdirSync('worker/out/Release', { recursive: true })
    writeFileSync('worker/out/Release/mediasoup-worker', TEXT, { mode: 0o755 })`
  const to = () => join(folder, 'kept/mediasoup-worker')

  test('keeps what the install script downloads', async () => {
    const home = mediasoup(downloads.replace('TEXT', JSON.stringify(workerText)))
    expect(await fetchPrebuilt(home, to())).toBe(true)
    expect(readFileSync(to(), 'utf8')).toBe(workerText)
  })

  test.each([
    ['fails', 'process.exit(1)'],
    ['downloads what does not run here', downloads.replace('TEXT', JSON.stringify(otherText))],
    ['hangs', 'setInterval(() => {}, 1000)'],
  ])('gives up when the install script %s', async (_, script) => {
    expect(await fetchPrebuilt(mediasoup(script), to(), 600)).toBe(false)
    expect(existsSync(to())).toBe(false)
  })

  test('waits on while the download grows', async () => {
    const script = `import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
      mkdirSync('worker/out/Release', { recursive: true })
      const file = 'worker/out/Release/mediasoup-worker'
      writeFileSync(file, ${JSON.stringify(workerText)}, { mode: 0o755 })
      for (let n = 0; n < 10; n++) {
        await new Promise((next) => setTimeout(next, 250))
        appendFileSync(file, '# more\\n')
      }`
    expect(await fetchPrebuilt(mediasoup(script), to(), 2000)).toBe(true)
    expect(readFileSync(to(), 'utf8').match(/more/g)).toHaveLength(10)
  })
})
