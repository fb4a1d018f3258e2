// Builds mediasoup-worker from the sources inside the mediasoup npm package against the system's
// libraries, mostly Debian's.
//
//   node build.ts <folder of the mediasoup package> <file to write>
//
// Objects are kept until the program is linked, so a build that was interrupted goes on where it
// stopped. The program appears in one rename: a file of that name is always whole.

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { availableParallelism, endianness, freemem } from 'node:os'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const shims = join(here, 'include')

/** Debian packages that the build needs. */
export const aptPackages = [
  'g++',
  'libssl-dev',
  'libuv1-dev',
  'libsrtp2-dev',
  'libabsl-dev',
  'libflatbuffers-dev',
  'flatbuffers-compiler',
]

const compileFlags = [
  '-std=c++20',
  '-O2',
  '-w',
  '-fPIE',
  '-fstack-protector-strong',
  '-D_FORTIFY_SOURCE=2',
  '-DNDEBUG',
  endianness() === 'LE' ? '-DMS_LITTLE_ENDIAN' : '-DMS_BIG_ENDIAN',
  '-DMS_EXECUTABLE',
  '-DFLATBUFFERS_LOCALE_INDEPENDENT=1',
]

const linkFlags = ['-pie', '-s', '-Wl,-z,relro,-z,now', '-Wl,--as-needed']

const libraries = [
  'absl_strings',
  'absl_throw_delegate',
  'absl_bad_optional_access',
  'absl_raw_hash_set',
  'absl_hash',
  'ssl',
  'crypto',
  'uv',
  'srtp2',
  'flatbuffers',
  'pthread',
]

const flatcFlags = [
  '--cpp',
  '--cpp-field-case-style',
  'lower',
  '--reflect-names',
  '--scoped-enums',
  '--filename-suffix',
  '',
]

/** Megabytes that one compiler may take; the number of compilers at once is held to what is free. */
const compilerMegabytes = 700

/** What to build from where; `progress` is told after every file. */
export interface WorkerBuild {
  /** Folder of the mediasoup npm package. */
  readonly mediasoup: string
  /** File to write. */
  readonly output: string
  /** Folder for intermediate files; it is removed at the end. */
  readonly objects: string
  progress(done: number, total: number): void
}

/** All files under `folder` whose name ends in `extension`, sorted. */
function filesUnder(folder: string, extension: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && extname(entry.name) === extension)
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

/** A short hash over everything here that decides what the built program is. */
export function recipeHash(): string {
  const flags = [compileFlags, linkFlags, libraries, flatcFlags]
  const hash = createHash('sha256').update(JSON.stringify(flags))
  for (const file of filesUnder(shims, '.h')) {
    hash.update(`\0${basename(file)}\0`).update(readFileSync(file))
  }
  return hash.digest('hex').slice(0, 12)
}

/** Runs a program to its end; rejects with the tail of its error output when it fails. */
function run(program: string, args: readonly string[]): Promise<void> {
  return new Promise((done, failed) => {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    child.stderr.setEncoding('utf8')
    child.stderr.on('data', (text: string) => {
      said = (said + text).slice(-4000)
    })
    child.on('error', (error) => failed(new Error(`${program}: ${error.message}`)))
    child.on('close', (code, signal) =>
      code === 0 ? done() : failed(new Error(`${program} ended with ${signal ?? code}\n${said}`)),
    )
  })
}

/** Carries out `job` for every item, so many at once; hands out no more after a failure. */
async function pool<T>(items: readonly T[], atOnce: number, job: (item: T) => Promise<void>) {
  let next = 0
  const one = async () => {
    while (next < items.length) {
      const item = items[next++] as T
      try {
        await job(item)
      } catch (error) {
        next = items.length
        throw error
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, one))
}

function compilersAtOnce(): number {
  const byMemory = Math.floor(freemem() / 2 ** 20 / compilerMegabytes)
  return Math.max(1, Math.min(availableParallelism(), byMemory))
}

/** The worker's translation units, the largest first so that no core idles at the end. */
function translationUnits(worker: string): string[] {
  const files = [
    ...filesUnder(join(worker, 'src'), '.cpp'),
    ...filesUnder(join(worker, 'deps/libwebrtc/libwebrtc'), '.cc'),
  ]
  return files.sort((a, b) => statSync(b).size - statSync(a).size)
}

/** Builds the worker; rejects with the compiler's words when that fails. */
export async function buildWorker(o: WorkerBuild): Promise<void> {
  const worker = join(o.mediasoup, 'worker')
  const generated = join(o.objects, 'generated')
  mkdirSync(join(generated, 'FBS'), { recursive: true })
  const schemas = filesUnder(join(worker, 'fbs'), '.fbs')
  await run('flatc', [...flatcFlags, '-o', join(generated, 'FBS'), ...schemas])

  const includes = [
    shims,
    join(worker, 'include'),
    generated,
    join(worker, 'deps/libwebrtc'),
    join(worker, 'deps/libwebrtc/libwebrtc'),
  ].map((folder) => `-I${folder}`)
  const flags = [...compileFlags, ...includes]
  const header = join(o.objects, 'precompiled.h')
  copyFileSync(join(shims, 'precompiled.h'), header)
  await run('g++', [...flags, '-x', 'c++-header', header, '-o', `${header}.gch`])

  const units = translationUnits(worker)
  const objectOf = (file: string) =>
    join(o.objects, `${file.slice(worker.length + 1).replaceAll(/[^\w]/g, '_')}.o`)

  let done = 0
  o.progress(done, units.length)
  await pool(units, compilersAtOnce(), async (file) => {
    const object = objectOf(file)
    if (!existsSync(object)) {
      const part = `${object}.${process.pid}.part`
      await run('g++', [...flags, '-include', header, '-c', file, '-o', part])
      renameSync(part, object)
    }
    done += 1
    o.progress(done, units.length)
  })
  await link(units.map(objectOf), o.output)
  rmSync(o.objects, { recursive: true, force: true })
}

async function link(objects: readonly string[], output: string): Promise<void> {
  mkdirSync(dirname(output), { recursive: true })
  const libs = libraries.map((name) => `-l${name}`)
  const part = `${output}.${process.pid}.part`
  await run('g++', [...linkFlags, ...objects, ...libs, '-o', part])
  renameSync(part, output)
}

if (import.meta.main) {
  const [mediasoup, output] = process.argv.slice(2)
  if (mediasoup === undefined || output === undefined) {
    process.stderr.write('usage: build.ts <mediasoup package> <output file>\n')
    process.exit(2)
  }
  await buildWorker({
    mediasoup: resolve(mediasoup),
    output: resolve(output),
    objects: resolve(`${output}.objects`),
    progress: (n, m) => {
      if (n % 20 === 0 || n === m) process.stdout.write(`mediasoup-worker: ${n} of ${m} files\n`)
    },
  })
}
