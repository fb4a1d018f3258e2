// The bootstrap on a pretended clone: its own npm, its own second half, its own engine.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const bootstrap = resolve(import.meta.dirname, '../../../engine/setup/start.mjs')

/** Writes down how it was called; 'rebuild' makes the Node of the clone appear, as the real one does. */
const npm = `#!/bin/sh
echo "npm $1 $2" >> done.log
[ -e npm-fails ] && exit 9
mkdir -p node_modules/.bin
[ "$1" = rebuild ] && ln -sf "${process.execPath}" node_modules/.bin/node
exit 0
`
const prepare = `import { appendFileSync, existsSync, writeFileSync } from 'node:fs'
const [key, ...flags] = process.argv.slice(2)
appendFileSync('done.log', ['prepare', ...flags].join(' ') + '\\n')
if (existsSync('prepare-fails')) process.exit(5)
const stamp = { key, withTests: flags.length > 0, worker: 'the-worker' }
writeFileSync('node_modules/.ringdown-prepared.json', JSON.stringify(stamp))
`
const vite = `import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
appendFileSync('done.log', ['vite', ...process.argv.slice(2, 5)].join(' ') + '\\n')
if (existsSync('vite-fails')) process.exit(7)
mkdirSync('softphone/app/dist', { recursive: true })
writeFileSync('softphone/app/dist/index.html', '')
`
const engine = `import { appendFileSync } from 'node:fs'
appendFileSync('done.log', 'engine ' + process.env.MEDIASOUP_WORKER_BIN + '\\n')
const [way] = process.argv.slice(2)
if (way === 'wait') {
  process.on('SIGTERM', () => process.exit(42))
  setInterval(() => {}, 1000)
  console.log('up')
} else process.exit(Number(way ?? 0))
`

let clone: string

function put(file: string, text: string): void {
  mkdirSync(dirname(join(clone, file)), { recursive: true })
  writeFileSync(join(clone, file), text)
}

beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'ringdown-clone-'))
  put('package-lock.json', '{}')
  put('.npmrc', '')
  put('the-worker', '')
  put('engine/setup/prepare.ts', prepare)
  put('engine/main.ts', engine)
  put('docker/mediasoup-worker/build.ts', '')
  put('system/npm', npm)
  chmodSync(join(clone, 'system/npm'), 0o755)
  copyFileSync(bootstrap, join(clone, 'engine/setup/start.mjs'))
})
afterEach(() => rmSync(clone, { recursive: true, force: true }))

const environment = () => ({ PATH: `${clone}/node_modules/.bin:${clone}/system:/usr/bin:/bin` })

/** Runs the bootstrap; returns what was done since the last time, its exit code, and its errors. */
function start(...args: string[]) {
  rmSync(join(clone, 'done.log'), { force: true })
  const options = { cwd: clone, encoding: 'utf8', env: environment() } as const
  const ended = spawnSync(process.execPath, ['engine/setup/start.mjs', ...args], options)
  const log = join(clone, 'done.log')
  const did = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []
  return { code: ended.status, did, errors: ended.stderr, output: ended.stdout }
}

const everything = ['npm install --no-save', 'npm rebuild node', 'prepare', 'engine the-worker']

describe('what is done', () => {
  test('everything the first time, nothing but starting the second', () => {
    expect(start('engine/main.ts')).toMatchObject({ code: 0, did: everything, errors: '' })
    expect(start('engine/main.ts').did).toEqual(['engine the-worker'])
  })

  test('everything again when the lock file is another', () => {
    start('engine/main.ts')
    put('package-lock.json', '{ "other": true }')
    expect(start('engine/main.ts').did).toEqual(everything)
  })

  test.each([
    ['the worker recipe is another', () => put('docker/mediasoup-worker/build.ts', '// other')],
    ['the worker is gone', () => rmSync(join(clone, 'the-worker'))],
  ])('preparation again when %s', (_, change) => {
    start('engine/main.ts')
    change()
    expect(start('engine/main.ts').did).toEqual(['prepare', 'engine the-worker'])
  })

  test('preparation again for tests after a start, and not again for a start after that', () => {
    start('engine/main.ts')
    const tests = ['prepare --with-tests', 'engine the-worker']
    expect(start('--with-tests', 'engine/main.ts').did).toEqual(tests)
    expect(start('engine/main.ts').did).toEqual(['engine the-worker'])
  })
})

test('with --only-output nothing is printed but what the program prints', () => {
  put('engine/main.ts', `process.stdout.write('the output')`)
  put('engine/setup/prepare.ts', `console.log('preparing')\n${prepare}`)
  put('system/npm', npm.replace('#!/bin/sh', '#!/bin/sh\necho npm at work'))
  const { output, errors } = start('--only-output', 'engine/main.ts')
  expect(output).toBe('the output')
  expect(errors).toMatch(/installing npm packages\nnpm at work[\s\S]*preparing/)
})

describe('with --with-page', () => {
  const built = ['vite build --config softphone/app/vite.config.ts', 'engine the-worker']
  const page = () => start('--with-page', 'engine/main.ts')
  beforeEach(() => {
    put('node_modules/vite/bin/vite.js', vite)
    put('node_modules/vite/package.json', '{ "type": "module" }')
    put('softphone/app/main.tsx', '')
    start('engine/main.ts')
  })

  test('the page is built once, and not looked at without it', () => {
    expect(start('engine/main.ts').did).toEqual(['engine the-worker'])
    expect(page().did).toEqual(built)
    expect(page().did).toEqual(['engine the-worker'])
  })

  test.each([
    ['a source is another', () => put('softphone/app/main.tsx', 'other')],
    ['a source is new', () => put('softphone/device/index.ts', '')],
    ['the page is gone', () => rmSync(join(clone, 'softphone/app/dist'), { recursive: true })],
  ])('it is built again when %s', (_, change) => {
    page()
    change()
    expect(page().did).toEqual(built)
  })

  test('a build that fails does not keep the engine from starting, and is tried again', () => {
    put('vite-fails', '')
    const { code, did, output } = page()
    expect([code, did]).toEqual([0, built])
    expect(output).toContain('the browser phone could not be built')
    rmSync(join(clone, 'vite-fails'))
    expect(page().did).toEqual(built)
  })
})

describe('what goes wrong', () => {
  test('npm fails: one line, exit code 1, and the next start tries again', () => {
    put('npm-fails', '')
    const failed = start('engine/main.ts')
    expect(failed.code).toBe(1)
    expect(failed.errors).toMatch(/^ringdown: 'npm install .*' failed[^\n]*\n$/)
    rmSync(join(clone, 'npm-fails'))
    expect(start('engine/main.ts').did).toEqual(everything)
  })

  test('preparation fails: exit code 1, the engine is not started', () => {
    put('prepare-fails', '')
    expect(start('engine/main.ts')).toMatchObject({ code: 1, did: everything.slice(0, 3) })
  })

  test('no program is named: how to call it', () => {
    expect(start()).toMatchObject({ code: 1, did: [] })
  })
})

describe('the engine is run as if by itself', () => {
  test('its exit code is passed on', () => {
    expect(start('engine/main.ts', '7').code).toBe(7)
  })

  test('SIGTERM reaches it, and its answer comes back', async () => {
    const options = { cwd: clone, env: environment() }
    const script = ['engine/setup/start.mjs', 'engine/main.ts', 'wait']
    const child = spawn(process.execPath, script, options)
    let out = ''
    for await (const text of child.stdout) {
      out += String(text)
      if (out.includes('up')) break
    }
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([42, null])
  })
})
