import { spawn } from 'node:child_process'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import { dumpPlace, isPostgres } from './postgres/open.ts'

/** What became of the database in a backup. */
export interface DatabaseCopy {
  readonly kind: 'sqlite' | 'postgres'
  readonly file: string
  readonly bytes: number
}

/** All pages at once: in smaller portions each write of the engine would make it begin anew. */
const allPages = 0x7fff_ffff

/**
 * Copies the database into a folder while an engine works on it: all that was committed when it began, and
 * nothing by halves. The copy is looked through before it is said to be one. Rejects with an Error of one line.
 *
 * @param environment of PostgreSQL's own programs, which make the copy of a server's database
 */
export async function copyDatabase(
  path: string,
  folder: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<DatabaseCopy> {
  if (isPostgres(path)) return dumpServer(path, folder, environment)
  const file = join(folder, 'ringdown.db')
  await copyFile(path, file)
  check(file)
  return { kind: 'sqlite', file, bytes: statSync(file).size }
}

async function copyFile(path: string, file: string): Promise<void> {
  const source = new DatabaseSync(path, { readOnly: true })
  try {
    await backup(source, file, { rate: allPages })
  } finally {
    source.close()
  }
}

function check(file: string): void {
  const copy = new DatabaseSync(file)
  try {
    const [whole] = copy.prepare('pragma integrity_check').all()
    if (whole?.['integrity_check'] !== 'ok') {
      throw new Error(`the copy of the database is damaged: ${whole?.['integrity_check']}`)
    }
    const [stray] = copy.prepare('pragma foreign_key_check').all()
    if (stray) throw new Error(`the copy of the database lacks rows of ${stray['parent']}`)
    // One file alone, without those that stand beside a database in use.
    copy.exec('pragma journal_mode = delete')
  } finally {
    copy.close()
  }
}

async function dumpServer(
  url: string,
  folder: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<DatabaseCopy> {
  const file = join(folder, 'ringdown.dump')
  const place = dumpPlace(url)
  const options = ['--format=custom', '--no-owner', '--no-privileges', `--file=${file}`]
  await run('pg_dump', [...options, '--no-password'], { ...environment, ...place })
  // Reads its list of contents, so that a dump that was cut off is found out now.
  await run('pg_restore', ['--list', file], environment)
  return { kind: 'postgres', file, bytes: statSync(file).size }
}

function run(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const child = spawn(program, args, {
    env: { ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let words = ''
  child.stderr.on('data', (data: Buffer) => {
    words += data.toString()
  })
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(new Error(whyNot(program, error), { cause: error })))
    child.on('close', (code) => {
      if (code === 0) resolve()
      else reject(new Error(words.trim().split('\n').at(0) || `${program} ended with ${code}`))
    })
  })
}

const whyNot = (program: string, error: NodeJS.ErrnoException): string =>
  error.code === 'ENOENT'
    ? `${program} is needed: it comes with PostgreSQL (Debian: postgresql-client)`
    : `${program}: ${error.message}`
