import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'

/** PostgreSQL does not run as root. */
const nobody = 65_534
const installed = '/usr/lib/postgresql'
export const databaseUser = 'ringdown'

/** A PostgreSQL of this test's own, in a temporary folder; it ends with whoever started it, however that ends. */
export interface PostgresServer {
  /** Of the Unix socket. */
  readonly folder: string
  /** The address of one of its databases. */
  url(database: string): string
  /** Carries out one statement of the server's owner. */
  ask(sql: string, database?: string): Promise<readonly Record<string, unknown>[]>
  /** SIGINT: connections are cut; SIGQUIT: as in a crash. */
  halt(signal: 'INT' | 'QUIT'): Promise<void>
  /** Starts it again. */
  start(): Promise<void>
  /** Ends it and removes its folder. */
  remove(): Promise<void>
}

interface ServerOptions {
  /** Listens on this TCP port of the loopback too. */
  readonly port?: number
  /** PEM: for TLS. Who comes by TCP needs it then, and a password. */
  readonly tls?: { readonly certificate: string; readonly key: string }
  readonly settings?: Readonly<Record<string, string>>
}

/** Programs of the newest PostgreSQL that Debian has installed. */
export function postgresProgram(name: string): string {
  const versions = existsSync(installed) ? readdirSync(installed) : []
  const [newest] = versions.toSorted((a, b) => Number(b) - Number(a))
  if (newest === undefined)
    throw new Error('PostgreSQL is not installed: apt-get install postgresql')
  return join(installed, newest, 'bin', name)
}

const asNobody = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {}

export async function startPostgres(options: ServerOptions = {}): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'ringdown-pg-'))
  if ('uid' in asNobody) chownSync(folder, nobody, nobody)
  const data = join(folder, 'data')
  makeCluster(data)
  if (options.tls !== undefined) lockDown(data, options.tls)
  const place = { host: folder, port: options.port ?? 5432 }
  const url = (database: string) =>
    `postgres://${databaseUser}@unix:${place.port}/${database}?host=${folder}`
  let child: ChildProcess | undefined
  const server: PostgresServer = {
    folder,
    url,
    ask: (sql, database = 'postgres') => ask(place, database, sql),
    async start() {
      child = run(data, { ...options, folder })
      await untilReady(place, child)
    },
    async halt(signal) {
      if (child === undefined) return
      const gone = once(child, 'exit')
      child.stdin?.end(`${signal}\n`)
      child = undefined
      await gone
    },
    async remove() {
      await server.halt('INT')
      rmSync(folder, { recursive: true, force: true })
    },
  }
  try {
    await server.start()
  } catch (error) {
    await server.remove()
    throw error
  }
  return server
}

/** Ordered by the rules of a language, as on most machines: the store's order must not come from there. */
function makeCluster(data: string): void {
  const flags = ['--auth=trust', '--no-sync', '-E', 'UTF8', '-U', databaseUser]
  const order = ['--locale=C', '--locale-provider=icu', '--icu-locale=en-US']
  const made = spawnSync(postgresProgram('initdb'), ['-D', data, ...flags, ...order], {
    ...asNobody,
    ...{ cwd: '/', encoding: 'utf8' },
  })
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`)
}

function lockDown(data: string, tls: NonNullable<ServerOptions['tls']>): void {
  const rules = 'local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n'
  writeFileSync(join(data, 'pg_hba.conf'), rules)
  for (const [name, text] of [
    ['server.crt', tls.certificate],
    ['server.key', tls.key],
  ] as const) {
    const file = join(data, name)
    writeFileSync(file, text, { mode: 0o600 })
    if ('uid' in asNobody) chownSync(file, nobody, nobody)
  }
  appendFileSync(join(data, 'postgresql.conf'), 'ssl = on\n')
}

const fast = {
  fsync: 'off',
  full_page_writes: 'off',
  shared_buffers: '32MB',
  max_connections: '80',
}

/** The shell ends the server when our end of the pipe is closed, as it is when we die. */
const keeper = `"$@" & server=$!; read -r signal; kill -"\${signal:-INT}" $server; wait $server`

function run(data: string, options: ServerOptions & { folder: string }): ChildProcess {
  const settings = {
    ...fast,
    ...{
      listen_addresses: options.port === undefined ? '' : '127.0.0.1',
      port: options.port ?? 5432,
    },
    ...{ unix_socket_directories: options.folder, logging_collector: 'off' },
    ...options.settings,
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const command = [postgresProgram('postgres'), '-D', data, ...flags]
  const child = spawn('sh', ['-c', keeper, 'sh', ...command], {
    ...asNobody,
    ...{ cwd: '/', stdio: ['pipe', 'ignore', 'pipe'] },
  })
  // What it says is read, so that it never waits for us.
  child.stderr?.on('data', () => undefined)
  child.stdin?.on('error', () => undefined)
  return child
}

async function untilReady(
  place: { host: string; port: number },
  child: ChildProcess,
): Promise<void> {
  const deadlineMs = Date.now() + 20_000
  for (;;) {
    try {
      await ask(place, 'postgres', 'select 1')
      return
    } catch (error) {
      if (child.exitCode !== null || Date.now() > deadlineMs) throw error
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
  }
}

async function ask(place: { host: string; port: number }, database: string, sql: string) {
  const client = new Client({ ...place, database, user: databaseUser })
  await client.connect()
  try {
    const result = await client.query(sql)
    return (Array.isArray(result) ? result.at(-1) : result).rows
  } finally {
    await client.end()
  }
}
