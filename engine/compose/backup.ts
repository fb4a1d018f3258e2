// `npm run backup -- <folder> [--with-recordings]`: a copy of everything that is kept, made while the engine
// runs. Of SQLite it is a data folder on which an engine can be started; how a backup is put back is in the README.

import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { type Config, childEnvironment, readConfig } from '../config/index.ts'
import { copyDatabase } from '../store/index.ts'
import { clock } from './clock.ts'
import { databaseOf } from './data-folder.ts'

const usage = `usage: npm run backup -- <folder> [--with-recordings]

Copies the database, the keys and, if wanted, the recordings into a new folder. The engine may be running.`

/** Of the running engine alone, made again when it is missing, or copied in another way. */
const leftOut =
  /^(?:ringdown\.(?:db(?:-wal|-shm|-journal)?|lock(?:-journal)?)|speech-cache|music|scratch|alive|.*\.part)$/
const megabyte = 1_000_000

interface Wanted {
  readonly folder: string
  readonly withRecordings: boolean
}

function readArguments(args: readonly string[]): Wanted | string {
  if (args.includes('--help') || args.includes('-h')) return usage
  const folders = args.filter((arg) => !arg.startsWith('--'))
  const unknown = args.find((arg) => arg.startsWith('--') && arg !== '--with-recordings')
  const [folder] = folders
  if (folder === undefined || folders.length > 1 || unknown !== undefined) throw new Error(usage)
  return { folder: resolve(folder), withRecordings: args.includes('--with-recordings') }
}

const { version } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { version: string }

const say = (text: string): boolean => process.stdout.write(`ringdown: ${text}\n`)

/** Whole or not at all: under its name there is only what is complete. */
async function makeBackup(config: Config, { folder, withRecordings }: Wanted): Promise<void> {
  if (existsSync(folder)) throw new Error(`${folder} exists already`)
  if (config.secrets.database === undefined && !existsSync(databaseOf(config)))
    throw new Error(`there is no database in ${config.dataDir}`)
  const part = `${folder}.part`
  rmSync(part, { recursive: true, force: true })
  // Passwords and keys are in it.
  mkdirSync(part, { mode: 0o700 })
  try {
    const sinceMs = clock.nowMs()
    say('copying the database')
    const copy = await copyDatabase(databaseOf(config), part, childEnvironment())
    say(`copied and checked: ${(copy.bytes / megabyte).toFixed(1)} MB`)
    copyFiles(config.dataDir, part, withRecordings, sinceMs)
    const about = { version, madeAt: new Date(clock.nowMs()).toISOString(), database: copy.kind }
    writeFileSync(join(part, 'backup.json'), `${JSON.stringify(about, null, 2)}\n`)
    renameSync(part, folder)
  } catch (error) {
    rmSync(part, { recursive: true, force: true })
    throw error
  }
  say(`the backup is ${folder}`)
}

/** The noted heads of chains, which may be ahead of the copied database, and recordings that it does not know. */
const notOfCopy = /\/recordings\/(?:chain$|.*\.part$)/
const isRecording = /\/recordings\/\d{4,6}\/\d{2}\/[^/]+$/

function isOfCopy(path: string, sinceMs: number): boolean {
  if (notOfCopy.test(path)) return false
  // Of those that are encrypted meanwhile the key is not in the copy: only what was there before counts.
  const isNew = isRecording.test(path) && statSync(path).birthtimeMs > sinceMs
  return !isNew || !path.endsWith('.sealed')
}

/** After the database, so that what that tells of is there. */
function copyFiles(from: string, to: string, withRecordings: boolean, sinceMs: number): void {
  const names = existsSync(from) ? readdirSync(from) : []
  const wanted = names.filter(
    (name) => !leftOut.test(name) && (withRecordings || name !== 'recordings'),
  )
  for (const name of wanted) {
    if (name === 'recordings') say('copying recordings')
    cpSync(join(from, name), join(to, name), {
      ...{ recursive: true, preserveTimestamps: true },
      filter: (path) => isOfCopy(path, sinceMs),
    })
  }
}

try {
  const wanted = readArguments(process.argv.slice(2))
  if (typeof wanted === 'string') process.stdout.write(`${wanted}\n`)
  else await makeBackup(readConfig(), wanted)
} catch (error) {
  process.stderr.write(`ringdown: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
