import type { SessionOptions } from './session.ts'
import { type Answer, ConnectionLost, openSession, type Session } from './session.ts'
import { within } from './within.ts'

/** Any number will do, as long as every engine takes the same one: "ringdown" in ASCII. */
const lockKey = '8244506977563338606'
const oldestServer = 130_000
/** One who is just ending gets this long. */
const lockWithinMs = 2_000
const firstPauseMs = 50
const longestPauseMs = 1_000

const sessionSettings = `
  set lock_timeout = '5s'; set idle_in_transaction_session_timeout = '60s';
  set tcp_keepalives_idle = 30; set tcp_keepalives_interval = 10; set tcp_keepalives_count = 3`

interface Incarnation {
  readonly pid: number
  readonly since: string
}

/**
 * The one connection that writes. It holds a lock on the database, so that no second engine works on it, and
 * comes back by itself when it is lost: the lock then tells whether anybody else was there meanwhile.
 */
export class Writer {
  readonly #options: SessionOptions
  #session: Session | undefined
  #last: Incarnation | undefined
  #coming: Promise<void> | undefined
  /** Set for good: nobody may write any more. */
  #fault: Error | undefined
  #isClosed = false
  #lastReason = ''
  readonly #onTaken: (reason: string) => void

  constructor(options: SessionOptions, onTaken: (reason: string) => void) {
    this.#options = options
    this.#onTaken = onTaken
  }

  /** Why nothing can be written at the moment, if so. */
  get trouble(): string | undefined {
    if (this.#fault !== undefined) return this.#fault.message
    return this.#session === undefined
      ? `the database cannot be reached: ${this.#lastReason}`
      : undefined
  }

  /** The first connection: what is wrong is said at once. */
  async open(): Promise<void> {
    this.#session = await this.#connect()
    this.#watch(this.#session)
  }

  /** The connection that there is, or the next one if it comes before `deadlineMs`. */
  async session(deadlineMs: number): Promise<Session> {
    while (this.#session === undefined) {
      if (this.#fault !== undefined) throw this.#fault
      if (this.#isClosed) throw new Error('the database is closed')
      const leftMs = deadlineMs - performance.now()
      if (leftMs <= 0) throw new Error(this.trouble ?? 'the database cannot be reached')
      await within(leftMs, this.#return())
    }
    return this.#session
  }

  /** Tells whether the transaction of that number was committed, asked on a later connection. */
  async wasCommitted(session: Session, transaction: string): Promise<boolean> {
    for (;;) {
      const status = await statusOf(session, transaction)
      if (status !== 'in progress') return status === 'committed'
      await pause(firstPauseMs)
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#coming
    await this.#session?.close()
  }

  #watch(session: Session): void {
    void session.lost.then(() => {
      if (this.#session === session) this.#session = undefined
      if (!this.#isClosed) void this.#return()
    })
  }

  /** Tries until it is there, or will never be. */
  #return(): Promise<void> {
    this.#coming ??= this.#tryAgain().finally(() => {
      this.#coming = undefined
    })
    return this.#coming
  }

  async #tryAgain(): Promise<void> {
    for (let pauseMs = firstPauseMs; !this.#isClosed; pauseMs = longer(pauseMs)) {
      try {
        const session = await this.#connect()
        this.#session = session
        this.#watch(session)
        return
      } catch (error) {
        this.#lastReason = error instanceof Error ? error.message : String(error)
        if (error instanceof Taken) {
          this.#fault = error
          this.#onTaken(error.message)
          return
        }
      }
      await pause(pauseMs)
    }
  }

  async #connect(): Promise<Session> {
    const session = await openSession(this.#options)
    try {
      await this.#prepare(session)
      return session
    } catch (error) {
      await session.close()
      throw error
    }
  }

  async #prepare(session: Session): Promise<void> {
    await checkServer(session)
    await session.query(sessionSettings)
    const before = this.#last
    // Our own old connection, of which the server does not know yet that it is gone.
    if (before !== undefined) await endOther(session, before)
    await lockDatabase(session)
    this.#last = await incarnationOf(session)
  }
}

/** Somebody else has the database. */
class Taken extends Error {}

async function lockDatabase(session: Session): Promise<void> {
  const deadlineMs = performance.now() + lockWithinMs
  for (;;) {
    const { rows } = await session.query(`select pg_try_advisory_lock(${lockKey}) as is_mine`)
    if ((rows[0] as { is_mine: number }).is_mine === 1) return
    if (performance.now() > deadlineMs) throw new Taken('another engine uses it')
    await pause(firstPauseMs)
  }
}

async function checkServer(session: Session): Promise<void> {
  const { rows } = await session.query(
    `select current_setting('server_version_num')::int as version,
            current_setting('server_encoding') as encoding, pg_is_in_recovery() as is_copy`,
  )
  const [server] = rows as { version: number; encoding: string; is_copy: number }[]
  if (server === undefined) throw new Error('the server says nothing of itself')
  if (server.version < oldestServer) throw new Error('PostgreSQL 13 or later is needed')
  if (server.encoding !== 'UTF8') {
    throw new Error(`the database's encoding is ${server.encoding}: UTF8 is needed`)
  }
  if (server.is_copy === 1) throw new Error('the server is a standby: it takes no changes')
}

async function incarnationOf(session: Session): Promise<Incarnation> {
  const { rows } = await session.query(
    `select pid, backend_start::text as since from pg_stat_activity where pid = pg_backend_pid()`,
  )
  return rows[0] as Incarnation
}

async function endOther(session: Session, { pid, since }: Incarnation): Promise<void> {
  await session.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where pid = $1 and backend_start = $2::timestamptz and pid <> pg_backend_pid()`,
    [pid, since],
  )
}

async function statusOf(session: Session, transaction: string): Promise<string> {
  try {
    const { rows } = await session.query('select pg_xact_status($1::xid8) as status', [transaction])
    return (rows[0] as { status: string | null }).status ?? 'unknown'
  } catch (error) {
    if (error instanceof ConnectionLost) throw error
    // The server crashed before anything of it was on its disk: it does not know the number.
    return 'aborted'
  }
}

/** Begins a transaction; its number, by which a later connection finds what became of it. */
export async function begin(session: Session): Promise<string> {
  const { rows }: Answer = await session.query('begin; select pg_current_xact_id()::text as id')
  return (rows[0] as { id: string }).id
}

const longer = (pauseMs: number): number => Math.min(pauseMs * 2, longestPauseMs)
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
