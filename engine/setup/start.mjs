// The bootstrap behind `npm start` and `npm test`: brings a fresh clone to the point where a
// TypeScript program of the project can run, then runs it.
//
//   node engine/setup/start.mjs [--with-tests] [--with-page] [--only-output] <program.ts> [arguments]
//
// With --with-page the browser phone is built, unless its last build is of these very sources.
// With --only-output nothing but what the program itself prints goes to standard output.
//
// Plain JavaScript without dependencies, because it runs first on whatever Node the machine has
// (20 or later). When nothing has changed since the last time it only reads a few small files.

import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
const modules = join(root, 'node_modules')
const installedStamp = join(modules, '.ringdown-installed')
const preparedStamp = join(modules, '.ringdown-prepared.json')
const nodeBinary = join(modules, '.bin/node')
const quietly = '--disable-warning=ExperimentalWarning'
const exitCodeFor = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }

function fail(message) {
  process.stderr.write(`ringdown: ${message}\n`)
  process.exit(1)
}

function say(message) {
  const stream = onlyOutput ? process.stderr : process.stdout
  stream.write(`ringdown: ${message}\n`)
}

/** A hash over files, each path relative to the clone. */
function hashOf(files) {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`)
  for (const file of files) hash.update(`\0${file}\0`).update(readFileSync(join(root, file)))
  return hash.digest('hex')
}

function under(folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length + 1))
    .sort()
}

function read(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}

/** The search path without this clone's own programs: npm replaces them while it runs. */
function systemPath() {
  const bin = join(modules, '.bin')
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => resolve(folder) !== bin)
    .join(delimiter)
}

let running
/** Signals go to whatever runs at the moment; without one they end this program as usual. */
function passSignalsOn() {
  // Ctrl-C reaches the whole foreground group by itself; passing it on would double it.
  const atTerminal = process.stdin.isTTY === true
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (!running) process.exit(exitCodeFor[signal])
      if (signal !== 'SIGINT' || !atTerminal) running.kill(signal)
    })
  }
}

/** Runs a program on this terminal; resolves with its exit code, by a signal the shell's number. */
function run(program, args, env, stdio = 'inherit') {
  const options = { cwd: root, stdio, env: { ...process.env, ...env } }
  running = spawn(program, args, options)
  return new Promise((resolve) => {
    running.on('error', (error) => fail(`${program} cannot be run: ${error.message}`))
    running.on('exit', (code, signal) => {
      running = undefined
      if (signal !== null) process.exit(exitCodeFor[signal] ?? 1)
      resolve(code)
    })
  })
}

async function npm(args) {
  const flags = ['--no-audit', '--no-fund', '--loglevel=error']
  const code = await run('npm', [...args, ...flags], { PATH: systemPath() }, aside)
  if (code === 0) return
  fail(`'npm ${args.join(' ')}' failed; its words are above. Is the npm registry reachable?`)
}

/** Installs the npm packages, among them Node 24, unless that was done for this very lock file. */
async function installPackages() {
  const wanted = hashOf(['package-lock.json', '.npmrc'])
  if (read(installedStamp) === wanted && existsSync(nodeBinary)) return
  say('installing npm packages')
  rmSync(installedStamp, { force: true })
  rmSync(preparedStamp, { force: true })
  // Not 'ci': that refuses a lock file without the packages of every other platform, and one that
  // was written against a partial mirror has only its own. This keeps to the lock file just as well.
  await npm(['install', '--no-save', '--ignore-scripts'])
  await npm(['rebuild', 'node'])
  const version = spawnSync(nodeBinary, ['--version'], { encoding: 'utf8' })
  if (version.status !== 0) fail(`the npm package 'node' gave no program that runs here`)
  writeFileSync(installedStamp, wanted)
}

/** What prepare.ts left behind, if that still holds; undefined when it must run (again). */
function preparation(key, withTests) {
  const stamp = read(preparedStamp)
  if (stamp === '') return undefined
  const done = JSON.parse(stamp)
  const holds = done.key === key && (done.withTests || !withTests) && existsSync(done.worker)
  return holds ? done : undefined
}

/** Gets system packages and the media worker; returns the worker's path. */
async function prepare(withTests) {
  const recipe = hashOf([...under('engine/setup'), ...under('docker/mediasoup-worker')])
  const key = `${recipe} ${process.env.MEDIASOUP_WORKER_BIN ?? ''}`
  const before = preparation(key, withTests)
  if (before) return before.worker
  const args = [quietly, 'engine/setup/prepare.ts', key, ...(withTests ? ['--with-tests'] : [])]
  if ((await run(nodeBinary, args, {}, aside)) !== 0) process.exit(1)
  return JSON.parse(read(preparedStamp)).worker
}

const page = 'softphone/app/dist'
const pageStamp = join(root, page, '.built')

/** Builds the browser phone. The engine runs without it and says so at `/`, so a fault is only told. */
async function buildPage() {
  const sources = under('softphone').filter((file) => !/(?:^|\/)(?:dist|node_modules)\//.test(file))
  const wanted = hashOf(['package-lock.json', ...sources])
  if (read(pageStamp) === wanted && existsSync(join(root, page, 'index.html'))) return
  say('building the browser phone')
  const vite = join(modules, 'vite/bin/vite.js')
  const args = ['build', '--config', 'softphone/app/vite.config.ts', '--logLevel', 'warn']
  const code = await run(nodeBinary, [vite, ...args], {}, aside)
  if (code === 0) writeFileSync(pageStamp, wanted)
  else
    say(
      'the browser phone could not be built; the words above say why. The engine starts without it',
    )
}

const given = process.argv.slice(2)
const first = given.findIndex((argument) => !argument.startsWith('--'))
const flags = first < 0 ? given : given.slice(0, first)
const program = first < 0 ? [] : given.slice(first)
const withTests = flags.includes('--with-tests')
const onlyOutput = flags.includes('--only-output')
/** Where programs write that only prepare the way. */
const aside = onlyOutput ? ['inherit', 2, 2] : 'inherit'
if (Number(process.versions.node.split('.')[0]) < 20) fail('Node 20 or later is needed to start')
if (program.length === 0)
  fail('usage: start.mjs [--with-tests] [--with-page] [--only-output] <program.ts> [arguments]')
passSignalsOn()
await installPackages()
const worker = await prepare(withTests)
if (flags.includes('--with-page')) await buildPage()
const path = `${join(modules, '.bin')}${delimiter}${systemPath()}`
process.exit(
  await run(nodeBinary, [quietly, ...program], { PATH: path, MEDIASOUP_WORKER_BIN: worker }),
)
