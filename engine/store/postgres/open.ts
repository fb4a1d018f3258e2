import { type Kysely, sql } from 'kysely'
import { PostgresDialect } from './dialect.ts'
import { isPostgres, placeOf } from './place.ts'
import { openSession, type SessionOptions } from './session.ts'
import { Writer } from './writer.ts'

export { isPostgres }

const connectWithinMs = 5_000
/** Longer than any statement of the store takes; over it the way to the server counts as broken. */
const answerWithinMs = 20_000

export interface OpenPostgres {
  readonly dialect: PostgresDialect
  /** After the migrations. */
  settle<Tables>(db: Kysely<Tables>): Promise<void>
  /** Why nothing can be stored at the moment, if so. */
  trouble(): string | undefined
}

/**
 * Connects and takes the database for this process alone. Rejects with an Error of one line, without the
 * password: unreachable, refused, held by another engine, of the wrong version or encoding.
 */
export async function openPostgres(
  url: string,
  onTaken: (reason: string) => void,
): Promise<OpenPostgres> {
  const place = placeOf(url)
  const options: SessionOptions = { place, connectWithinMs }
  const writer = new Writer(options, onTaken)
  await writer.open()
  const dialect = new PostgresDialect(writer, options)
  return {
    dialect,
    async settle(db) {
      await raiseCounters(db)
      options.answerWithinMs = answerWithinMs
      dialect.settle()
    },
    trouble: () => writer.trouble,
  }
}

/** One question beside an engine that may be running on the database. */
export async function askPostgres(url: string, question: string): Promise<readonly unknown[]> {
  const session = await openSession({ place: placeOf(url), connectWithinMs })
  try {
    return (await session.query(question)).rows
  } finally {
    await session.close()
  }
}

/** Keys that a migration copied, or that came out of a backup, are not given again. */
async function raiseCounters<Tables>(db: Kysely<Tables>): Promise<void> {
  const { rows } = await sql<{ table: string; column: string }>`
    select table_name as table, column_name as column from information_schema.columns
    where is_identity = 'YES' and table_schema = current_schema()`.execute(db)
  for (const { table, column } of rows) {
    const counter = sql`pg_get_serial_sequence(${sql.lit(table)}, ${sql.lit(column)})`
    await db.transaction().execute((transaction) =>
      sql`
        select setval(${counter}, highest)
        from (select max(${sql.ref(column)}) as highest from ${sql.table(table)}) as used
        where highest > coalesce(pg_sequence_last_value(${counter}::regclass), 0)`.execute(
        transaction,
      ),
    )
  }
}

/** What an operator is told in place of the server's own words. */
export function reasonOfPostgres(error: unknown): string | undefined {
  const { code, severity } = error as { code?: unknown; severity?: unknown }
  if (typeof code !== 'string') return undefined
  if (severity === undefined) return reasonOfNetwork(code)
  if (code === '28P01') return 'wrong user or password'
  if (code === '3D000') return 'there is no such database on the server'
  return undefined
}

const reasonOfNetwork = (code: string): string | undefined =>
  ({
    ECONNREFUSED: 'nobody listens there',
    ENOENT: 'there is no such socket',
    ENOTFOUND: 'there is no such host',
    EAI_AGAIN: 'the name of its host cannot be looked up',
    EHOSTUNREACH: 'its host cannot be reached',
    ETIMEDOUT: 'its host does not answer',
  })[code]

export const shownPlace = (url: string): string => {
  try {
    return placeOf(url).shown
  } catch {
    return 'postgres://…'
  }
}

/** The same place for PostgreSQL's own programs: in their environment, where nobody else reads the password. */
export function dumpPlace(url: string): Readonly<Record<string, string>> {
  const { host, port, user, password, database } = placeOf(url)
  const parameters = new URLSearchParams(url.split('?')[1] ?? '')
  const passed = {
    ...{ PGSSLMODE: parameters.get('sslmode'), PGSSLROOTCERT: parameters.get('sslrootcert') },
    ...{ PGSSLCERT: parameters.get('sslcert'), PGSSLKEY: parameters.get('sslkey') },
    ...{ PGPASSWORD: password, PGOPTIONS: parameters.get('options') },
  }
  const said = Object.entries(passed).filter((entry): entry is [string, string] =>
    Boolean(entry[1]),
  )
  return {
    ...{ PGHOST: host, PGPORT: String(port), PGUSER: user, PGDATABASE: database },
    ...Object.fromEntries(said),
  }
}
