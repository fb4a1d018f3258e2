import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { Kysely } from 'kysely'
import type { Clock } from '../core/clock.ts'
import type { AccountId } from '../core/ids.ts'
import type { Store } from '../core/ports/store.ts'
import { accountStore } from './accounts.ts'
import { callStore } from './calls.ts'
import { conferenceStore } from './conferences.ts'
import { deviceStore } from './devices.ts'
import { eventStore } from './events.ts'
import { journalStore } from './journal.ts'
import { mailboxStore } from './mailboxes.ts'
import { migrate } from './migrations/index.ts'
import { numberStore } from './numbers.ts'
import { outboxStore } from './outbox.ts'
import { recordingStore } from './recordings.ts'
import { registrationStore } from './registrations.ts'
import type { Tables } from './schema.ts'
import { speedDialStore } from './speed-dials.ts'
import { openDatabase, sqliteDialect } from './sqlite.ts'
import { subscriptionStore } from './subscriptions.ts'
import { trunkStore } from './trunks.ts'
import { voicemailStore } from './voicemails.ts'

export interface StoreOptions {
  /** The database file, made if absent together with its folder; `:memory:` for tests. */
  readonly path: string
  readonly clock: Pick<Clock, 'nowMs'>
  /** Makes the key by which an account's webhooks are signed. */
  readonly newSecret?: () => string
  /** Events outside calls that an account keeps, the newest; default 100,000. */
  readonly keptEvents?: number
}

/**
 * Opens the database and brings its schema up to date. Rejects with an Error whose message is one line
 * for the operator: folder cannot be written, not a database, written by a newer version, locked.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const db = new Kysely<Tables>({ dialect: sqliteDialect(openFile(options.path)) })
  try {
    await migrate(db)
  } catch (error) {
    await db.destroy()
    throw cannotOpen(options.path, error)
  }
  const newSecret = options.newSecret ?? (() => randomBytes(32).toString('hex'))
  const watchers = new Set<() => void>()
  const logWatchers = new Set<(accountId: AccountId) => void>()
  const onEvents = (accountId: AccountId) => {
    for (const watcher of logWatchers) watcher(accountId)
  }
  const onDeliveries = () => {
    for (const watcher of watchers) watcher()
  }
  return {
    accounts: accountStore(db, options.clock, newSecret),
    calls: callStore(db, options.clock, { onDeliveries, onEvents }),
    conferences: conferenceStore(db, options.clock, { onDeliveries, onEvents }, options.keptEvents),
    journal: journalStore(db),
    events: eventStore(db, logWatchers, options.keptEvents),
    outbox: outboxStore(db, options.clock, watchers),
    recordings: recordingStore(db),
    numbers: numberStore(db),
    subscriptions: subscriptionStore(db),
    devices: deviceStore(db),
    speedDials: speedDialStore(db),
    registrations: registrationStore(db),
    trunks: trunkStore(db),
    mailboxes: mailboxStore(db),
    voicemails: voicemailStore(db),
    close: () => db.destroy(),
  }
}

function openFile(path: string): DatabaseSync {
  try {
    if (path !== ':memory:') {
      makeFolder(dirname(path))
      // Trunk passwords are inside: readable by its owner only. SQLite's side files copy the mode.
      closeSync(openSync(path, 'a', 0o600))
    }
    return openDatabase(path)
  } catch (error) {
    throw cannotOpen(path, error)
  }
}

/** Not mkdir's own recursion: that spins for ever where the kernel answers ENOENT, as under /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) return
  if (dirname(path) !== path) makeFolder(dirname(path))
  // Recordings and passwords are in there.
  mkdirSync(path, { mode: 0o700 })
}

function cannotOpen(path: string, error: unknown): Error {
  return new Error(`cannot open the database ${path}: ${reasonOf(error)}`, { cause: error })
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  if (text.includes('corrupted migrations')) return 'it was written by a newer version of Ringdown'
  if (text.includes('not a database')) return 'the file is not a database'
  if (text.includes('database is locked')) return 'another process holds it'
  return text.split('\n', 1)[0] ?? text
}
