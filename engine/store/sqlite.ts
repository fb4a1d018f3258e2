import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'

/** Prepared statements kept; the store's own queries are far fewer. */
const maxStatements = 256
/** How long another program may keep the file locked. The thread waits, so it is short. */
const maxLockWaitMs = 500

/**
 * Opens the file with the settings that the store relies on. WAL with synchronous NORMAL: a commit is in
 * the kernel's hands when it returns, so it survives the death of this process (kill -9); only a power
 * cut can take back the last commits, and never breaks the file. FULL would cost an fsync, milliseconds
 * of a blocked thread, for each change of each call; what NORMAL waits for is left to a thread (checkpoints.ts).
 */
export function openDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path, {
    enableForeignKeyConstraints: true,
    timeout: maxLockWaitMs,
  })
  try {
    database.exec('pragma journal_mode = wal')
    database.exec('pragma synchronous = normal')
    // 8 MB of pages in memory: lists of 100,000 calls keep their speed, and the process its size.
    database.exec('pragma cache_size = -8000')
    // What is deleted is zeros in the file: a wrapped key or a transcript must not be left in pages that are free.
    database.exec('pragma secure_delete = on')
  } catch (error) {
    database.close()
    throw error
  }
  return database
}

/** kysely over Node's own SQLite: one connection, users take turns in the order in which they came. */
export function sqliteDialect(database: DatabaseSync): Dialect {
  return {
    createDriver: () => new SqliteDriver(database),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => new QueuedAdapter(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  }
}

/** Turns off kysely's own lock: it lets a newcomer overtake those who wait. The driver has a fair one. */
class QueuedAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true
  }

  /** It does: a migration that fails or dies half-way leaves the old schema. */
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

class SqliteDriver implements Driver {
  readonly #database: DatabaseSync
  readonly #connection: SqliteConnection
  #tail: Promise<void> = Promise.resolve()
  #releaseCurrent: () => void = () => undefined

  constructor(database: DatabaseSync) {
    this.#database = database
    this.#connection = new SqliteConnection(database)
  }

  init(): Promise<void> {
    return Promise.resolve()
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    const before = this.#tail
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#tail = promise
    await before
    this.#releaseCurrent = resolve
    return this.#connection
  }

  releaseConnection(): Promise<void> {
    this.#releaseCurrent()
    return Promise.resolve()
  }

  /** Immediate: takes the write lock now, so that another process cannot make the commit fail later. */
  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'))
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit'))
  }

  /** SQLite has already rolled back by itself after some errors, such as a full disk. */
  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#database.isTransaction) {
      await connection.executeQuery(CompiledQuery.raw('rollback'))
    }
  }

  async destroy(): Promise<void> {
    await this.#tail
    this.#connection.forget()
    if (this.#database.isOpen) this.#database.close()
  }
}

interface Prepared {
  readonly statement: StatementSync
  readonly returnsRows: boolean
}

class SqliteConnection implements DatabaseConnection {
  readonly #database: DatabaseSync
  readonly #prepared = new Map<string, Prepared>()

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  /** Asynchronous, so that a fault of SQLite becomes a rejection. */
  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const { statement, returnsRows } = this.#prepare(query.sql)
    const parameters = query.parameters as readonly SQLInputValue[]
    if (returnsRows) return { rows: statement.all(...parameters) as Row[] }
    const { changes, lastInsertRowid } = statement.run(...parameters)
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) }
  }

  streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('streaming is not offered: every query of the store is bounded')
  }

  forget(): void {
    this.#prepared.clear()
  }

  #prepare(sql: string): Prepared {
    const known = this.#prepared.get(sql)
    if (known !== undefined) return known
    if (this.#prepared.size >= maxStatements) this.#prepared.clear()
    const statement = this.#database.prepare(sql)
    const prepared = { statement, returnsRows: statement.columns().length > 0 }
    this.#prepared.set(sql, prepared)
    return prepared
  }
}
