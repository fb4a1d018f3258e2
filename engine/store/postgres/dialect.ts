import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  PostgresAdapter,
  PostgresIntrospector,
  type QueryResult,
} from 'kysely'
import { SameTablesCompiler, withNumbers } from './compiler.ts'
import { Readers } from './readers.ts'
import type { Answer, SessionOptions } from './session.ts'
import { Transaction } from './transaction.ts'
import { type Turn, Turns } from './turns.ts'
import { within } from './within.ts'
import type { Writer } from './writer.ts'

/** How long a change or a question waits for a lost connection before it fails. */
const patienceMs = 30_000
/** A question that was asked this long ago has long begun: what is changed now, its answer does not show. */
const begunWithinMs = 250

/**
 * kysely over PostgreSQL with what the store relies on and has from SQLite by nature: changes are done one
 * after the other in the order in which they were asked for, and whoever reads sees all that was asked for
 * before. Reads run side by side, on connections of their own.
 */
export class PostgresDialect implements Dialect {
  readonly #driver: PostgresDriver

  constructor(writer: Writer, options: SessionOptions) {
    this.#driver = new PostgresDriver(writer, new Readers(options))
  }

  createDriver = () => this.#driver
  createQueryCompiler = () => new SameTablesCompiler()
  createAdapter = () => new LockedAdapter()
  createIntrospector: Dialect['createIntrospector'] = (db) => new PostgresIntrospector(db)

  /** From now on statements are planned once: the tables change no more. */
  settle(): void {
    this.#driver.isSettled = true
  }
}

/** The engine's lock on the database keeps two migrations apart already. */
class LockedAdapter extends PostgresAdapter {
  override async acquireMigrationLock(): Promise<void> {}
  override async releaseMigrationLock(): Promise<void> {}
}

class PostgresDriver implements Driver {
  isSettled = false
  readonly writer: Writer
  readonly readers: Readers
  readonly turns = new Turns()

  constructor(writer: Writer, readers: Readers) {
    this.writer = writer
    this.readers = readers
  }

  async init(): Promise<void> {}

  acquireConnection(): Promise<DatabaseConnection> {
    return Promise.resolve(new Place(this))
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    placeOf(connection).leave()
  }

  beginTransaction(connection: DatabaseConnection): Promise<void> {
    return placeOf(connection).begin()
  }

  commitTransaction(connection: DatabaseConnection): Promise<void> {
    return placeOf(connection).commit()
  }

  rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    return placeOf(connection).rollback()
  }

  async destroy(): Promise<void> {
    await this.turns.all
    await Promise.all([this.readers.close(), this.writer.close()])
  }
}

function placeOf(connection: DatabaseConnection): Place {
  if (connection instanceof Place) return connection
  throw new Error('not a connection of this driver')
}

/** What kysely takes for a connection: a place in the line. Which connection serves it is of no account. */
class Place implements DatabaseConnection {
  readonly #driver: PostgresDriver
  readonly #deadlineMs = performance.now() + patienceMs
  #turn: Turn | undefined
  #transaction: Transaction | undefined

  constructor(driver: PostgresDriver) {
    this.#driver = driver
    this.#turn = driver.turns.take()
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const text = withNumbers(query.sql)
    if (this.#transaction !== undefined) {
      const { isSettled } = this.#driver
      return resultOf(await this.#transaction.run(text, query.parameters, isSettled))
    }
    return resultOf(
      isRead(text)
        ? await this.#read(text, query.parameters)
        : await this.#write(text, query.parameters),
    )
  }

  streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('streaming is not offered: every query of the store is bounded')
  }

  async begin(): Promise<void> {
    await this.#ownTurn().come
    const transaction = new Transaction(this.#driver.writer, this.#deadlineMs)
    await transaction.begin()
    this.#transaction = transaction
  }

  /** Not before what was asked earlier has been answered: it must not see what was changed later. */
  async commit(): Promise<void> {
    await within(begunWithinMs, this.#ownTurn().alone)
    await this.#transaction?.commit()
    this.#transaction = undefined
  }

  async rollback(): Promise<void> {
    const transaction = this.#transaction
    this.#transaction = undefined
    await transaction?.rollback()
  }

  leave(): void {
    this.#turn?.end()
    this.#turn = undefined
  }

  async #read(text: string, values: readonly unknown[]): Promise<Answer> {
    const turn = this.#ownTurn()
    turn.pass()
    await turn.come
    const { readers, isSettled } = this.#driver
    const answer = await readers.query(text, values, {
      ...{ isNamed: isSettled, deadlineMs: this.#deadlineMs },
    })
    this.leave()
    return answer
  }

  /** In a transaction like any other, so that it too is done once even if its answer is lost. */
  async #write(text: string, values: readonly unknown[]): Promise<Answer> {
    await this.begin()
    try {
      const answer = await this.#transaction?.run(text, values, this.#driver.isSettled)
      await this.commit()
      return answer ?? { rows: [], command: '', count: undefined }
    } catch (error) {
      await this.rollback()
      throw error
    }
  }

  #ownTurn(): Turn {
    this.#turn ??= this.#driver.turns.take()
    return this.#turn
  }
}

const isRead = (text: string): boolean => /^\s*\(?\s*select\b/i.test(text)

const resultOf = <Row>({ rows, count }: Answer): QueryResult<Row> => ({
  rows: rows as Row[],
  ...(count !== undefined && { numAffectedRows: count }),
})
