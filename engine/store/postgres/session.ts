import { Socket } from 'node:net'
import { Client, type ClientConfig, DatabaseError, type QueryConfig } from 'pg'
import type { Place } from './place.ts'

/** The connection is gone, or the server is about to end it: what was under way must be looked after. */
export class ConnectionLost extends Error {}

export interface Answer {
  readonly rows: readonly unknown[]
  /** The command as it was carried out, such as INSERT, or ROLLBACK for a commit that was refused. */
  readonly command: string
  /** Rows inserted, changed or deleted. */
  readonly count: bigint | undefined
}

/** One connection to the server. The only file that knows the package `pg`. */
export interface Session {
  /** Rejects with ConnectionLost, or with the server's own error. */
  query(text: string, values?: readonly unknown[], isNamed?: boolean): Promise<Answer>
  /** Resolves when it is gone. */
  readonly lost: Promise<void>
  close(): Promise<void>
}

export interface SessionOptions {
  readonly place: Place
  readonly connectWithinMs: number
  /** After so long without an answer a connection counts as lost. Migrations may take long: none at first. */
  answerWithinMs?: number
}

/** Numbers of every kind, and what sums of them are; truth values are 0 and 1, as on SQLite. */
const numbers = new Set([20, 21, 23, 26, 700, 701, 1700])
const truth = 16
const types = {
  getTypeParser: (oid: number) =>
    numbers.has(oid) ? Number : oid === truth ? (text: string) => (text === 't' ? 1 : 0) : String,
} as unknown as NonNullable<ClientConfig['types']>

/** The server ends this connection or all: admin_shutdown, crash_shutdown, timeouts; and class 08. */
const endings = /^(57P0[1-5]|25P03|08...)$/

export async function openSession(options: SessionOptions): Promise<Session> {
  const { tls } = options.place
  if (tls === 'off') return connect(options, false)
  if (tls !== 'prefer') return connect(options, tls)
  try {
    return await connect(options, { rejectUnauthorized: false })
  } catch (error) {
    if (!String(error).includes('does not support SSL')) throw error
    return connect(options, false)
  }
}

async function connect(
  options: SessionOptions,
  ssl: NonNullable<ClientConfig['ssl']>,
): Promise<Session> {
  const { host, port, user, password, database, options: settings } = options.place
  const stream = new Socket()
  const client = new Client({
    ...{ host, port, user, database, ssl, types, stream: () => stream },
    ...(password !== undefined && { password }),
    ...(settings !== undefined && { options: settings }),
    ...{ application_name: 'ringdown', client_encoding: 'UTF8' },
    ...{ keepAlive: true, keepAliveInitialDelayMillis: 10_000 },
    connectionTimeoutMillis: options.connectWithinMs,
  })
  const lost = Promise.withResolvers<void>()
  client.on('error', () => lost.resolve())
  client.on('end', () => lost.resolve())
  try {
    await client.connect()
  } catch (error) {
    stream.destroy()
    throw error
  }
  return new PgSession(client, stream, lost, options)
}

const maxNames = 400
/** The same statement has the same name in every session, so that the server need not plan it again. */
const names = new Map<string, string>()

function nameOf(text: string): string | undefined {
  const name = names.get(text)
  if (name !== undefined || names.size >= maxNames) return name
  names.set(text, `s${names.size}`)
  return names.get(text)
}

class PgSession implements Session {
  readonly #client: Client
  readonly #stream: Socket
  readonly #options: SessionOptions
  readonly #lost: PromiseWithResolvers<void>
  #isLost = false

  constructor(
    client: Client,
    stream: Socket,
    lost: PromiseWithResolvers<void>,
    options: SessionOptions,
  ) {
    this.#client = client
    this.#stream = stream
    this.#options = options
    this.#lost = lost
    void lost.promise.then(() => {
      this.#isLost = true
    })
  }

  get lost(): Promise<void> {
    return this.#lost.promise
  }

  async query(text: string, values: readonly unknown[] = [], isNamed = false): Promise<Answer> {
    if (this.#isLost) throw new ConnectionLost('the connection to the database is lost')
    const name = isNamed ? nameOf(text) : undefined
    const query: QueryConfig | string =
      values.length === 0 && name === undefined
        ? text
        : { text, values: values.map(storable), ...(name !== undefined && { name }) }
    const { answerWithinMs } = this.#options
    const timer =
      answerWithinMs === undefined
        ? undefined
        : setTimeout(() => this.#stream.destroy(), answerWithinMs)
    try {
      const result = await this.#client.query(query)
      const last = Array.isArray(result) ? result.at(-1) : result
      const { rows, command, rowCount } = last ?? { rows: [], command: '', rowCount: null }
      const isWrite = /^(INSERT|UPDATE|DELETE|MERGE)$/.test(command)
      return { rows, command, count: isWrite ? BigInt(rowCount ?? 0) : undefined }
    } catch (error) {
      throw this.#judge(error)
    } finally {
      clearTimeout(timer)
    }
  }

  #judge(error: unknown): unknown {
    const isOwn = error instanceof DatabaseError && !endings.test(error.code ?? '')
    if (isOwn) return error
    // Neither our statement's fault nor something that the next one would not meet.
    this.#stream.destroy()
    this.#isLost = true
    this.#lost.resolve()
    const why = error instanceof Error ? error.message : String(error)
    return new ConnectionLost(`the connection to the database is lost: ${why}`, { cause: error })
  }

  async close(): Promise<void> {
    if (this.#isLost) return
    await this.#client.end().catch(() => undefined)
  }
}

/** PostgreSQL's text cannot hold the character NUL; its picture stands for it. */
const storable = (value: unknown): unknown =>
  typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\u2400') : value
