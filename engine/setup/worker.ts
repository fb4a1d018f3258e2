// Where the mediasoup worker comes from: a program named by MEDIASOUP_WORKER_BIN, one kept from
// before, the prebuilt one, or a build from the npm package's own sources, in that order.

import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { aptPackages, buildWorker, recipeHash } from '../../docker/mediasoup-worker/build.ts'
import { installPackages } from './apt.ts'
import { withLock } from './lock.ts'

/** What getting the worker needs to know. */
export interface WorkerPlaces {
  /** Folder of the mediasoup npm package. */
  readonly mediasoup: string
  /** Folder outside the clone that keeps what was fetched or built. */
  readonly cache: string
  /** A worker that the user names. */
  readonly named: string | undefined
  /** True when the user wants no download of a prebuilt worker. */
  readonly skipPrebuilt: boolean
  say(message: string): void
  /** Shown while compiling. */
  progress(done: number, total: number): void
}

/** The two ways to a worker that is not there yet; tests put their own in place. */
export interface WorkerSources {
  /** Writes the prebuilt worker to `to`; false when it cannot be had within seconds. */
  fetch(mediasoup: string, to: string): Promise<boolean>
  /** Builds the worker as `to`; throws an error with one clear line when it cannot. */
  build(places: WorkerPlaces, to: string): Promise<void>
}

/** Nobody waits longer than this for a download that brings nothing. */
const stalledAfterMs = 6_000
/** The worker's own exit code for being started by something other than the mediasoup library. */
const startedByStranger = 41

/** True when the program at `path` is a mediasoup worker that runs on this machine. */
export function runsHere(path: string): boolean {
  const done = spawnSync(path, [], { env: {}, stdio: 'ignore', timeout: 5_000 })
  return done.status === startedByStranger
}

/** The path of a worker that runs here; throws an error with one clear line when there is none. */
export async function getWorker(
  places: WorkerPlaces,
  sources: WorkerSources = { fetch: fetchPrebuilt, build: buildFromSources },
): Promise<string> {
  if (places.named !== undefined) {
    if (runsHere(places.named)) return places.named
    throw new Error(
      `MEDIASOUP_WORKER_BIN: ${places.named} is not a mediasoup worker that runs here`,
    )
  }
  const version = mediasoupVersion(places.mediasoup)
  const machine = `${version}-${process.platform}-${process.arch}`
  const home = join(places.cache, 'mediasoup-worker', machine)
  const prebuilt = join(home, 'prebuilt', 'mediasoup-worker')
  const built = join(home, recipeHash(), 'mediasoup-worker')
  const kept = () => [prebuilt, built].find((path) => existsSync(path) && runsHere(path))
  mkdirSync(home, { recursive: true })
  return (
    kept() ??
    withLock(join(home, 'lock'), places.say, async () => {
      const byOthers = kept()
      if (byOthers !== undefined) return byOthers
      if (!places.skipPrebuilt) {
        places.say('looking for a prebuilt media worker')
        if (await sources.fetch(places.mediasoup, prebuilt)) return prebuilt
      }
      await sources.build(places, built)
      if (!runsHere(built)) throw new Error(`the worker was built but does not run: ${built}`)
      return built
    })
  )
}

async function buildFromSources(places: WorkerPlaces, to: string): Promise<void> {
  const packages = installPackages(aptPackages, places.say)
  if (!packages.ok && existsSync('/etc/debian_version')) {
    throw new Error(`the media worker must be built, which needs packages: ${packages.command}`)
  }
  places.say('building the media worker from its sources; this is done once and takes minutes')
  await buildWorker({
    mediasoup: places.mediasoup,
    output: to,
    objects: join(dirname(to), 'objects'),
    progress: places.progress,
  })
}

function mediasoupVersion(mediasoup: string): string {
  const text = readFileSync(join(mediasoup, 'package.json'), 'utf8')
  const { version } = JSON.parse(text) as { version: string }
  return version
}

/**
 * Lets mediasoup's own install script download its prebuilt worker, and moves that to `to`. Where
 * there is none the script would go on to build with tools of its own; naming a Python that does
 * nothing keeps it from that.
 */
export async function fetchPrebuilt(
  mediasoup: string,
  to: string,
  giveUpAfterMs = stalledAfterMs,
): Promise<boolean> {
  const fetched = join(mediasoup, 'worker/out/Release/mediasoup-worker')
  rmSync(fetched, { force: true })
  const child = spawn(process.execPath, ['npm-scripts.mjs', 'postinstall'], {
    cwd: mediasoup,
    stdio: 'ignore',
    env: { ...process.env, PYTHON: 'false', MEDIASOUP_WORKER_BIN: '' },
  })
  const ended = new Promise<void>((done) => {
    child.on('close', () => done())
    child.on('error', () => done())
  })
  const stop = new AbortController()
  const gaveUp = stalled(fetched, giveUpAfterMs, stop.signal)
  await Promise.race([ended, gaveUp])
  stop.abort()
  child.kill('SIGKILL')
  if (!existsSync(fetched) || !runsHere(fetched)) {
    rmSync(fetched, { force: true })
    return false
  }
  keep(fetched, to)
  return true
}

/** Resolves once the file has not grown for a while, or when told to stop. */
async function stalled(file: string, afterMs: number, stop: AbortSignal): Promise<void> {
  const sizeOf = () => (existsSync(file) ? statSync(file).size : 0)
  let size = sizeOf()
  let grewAtMs = performance.now()
  while (!stop.aborted && performance.now() - grewAtMs < afterMs) {
    await pause(100)
    if (sizeOf() !== size) grewAtMs = performance.now()
    size = sizeOf()
  }
}

function keep(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true })
  copyFileSync(from, `${to}.part`)
  chmodSync(`${to}.part`, 0o755)
  renameSync(`${to}.part`, to)
}
