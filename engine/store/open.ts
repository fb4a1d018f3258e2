import { randomBytes } from 'node:crypto'
import { closeSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { Kysely } from 'kysely'
import type { Clock } from '../core/clock.ts'
import type { AccountId } from '../core/ids.ts'
import type { Store } from '../core/ports/store.ts'
import type { SignEntry } from '../core/recording-chain.ts'
import { accountStore } from './accounts.ts'
import { callStore } from './calls.ts'
import { type CheckpointOptions, Checkpoints, startThread } from './checkpoints.ts'
import { conferenceStore } from './conferences.ts'
import { deliveryList } from './deliveries.ts'
import { deviceStore } from './devices.ts'
import { eventStore } from './events.ts'
import { makeFolder } from './folder.ts'
import { idempotencyStore } from './idempotency.ts'
import { journalStore } from './journal.ts'
import { JournalTallies } from './journal-tallies.ts'
import { keyStore } from './keys.ts'
import { mailboxStore } from './mailboxes.ts'
import { migrate } from './migrations/index.ts'
import { callRecordStore } from './money/call-records.ts'
import { moneyStore } from './money/money-store.ts'
import { rateStore } from './money/rate-store.ts'
import { numberStore } from './numbers.ts'
import { outboxStore } from './outbox.ts'
import { pinTriesStore } from './pin-tries.ts'
import { isPostgres, openPostgres, reasonOfPostgres, shownPlace } from './postgres/open.ts'
import { promptStore } from './prompts.ts'
import { queueStore } from './queues.ts'
import { recordingLinkStore } from './recording-links.ts'
import { recordingStore } from './recordings.ts'
import { registrationStore } from './registrations.ts'
import type { Db, Tables } from './schema.ts'
import { speedDialStore } from './speed-dials.ts'
import { openDatabase, sqliteDialect } from './sqlite.ts'
import { subscriptionStore } from './subscriptions.ts'
import { trunkStore } from './trunks.ts'
import { voicemailBoxStore } from './voicemail-boxes.ts'
import { voicemailStore } from './voicemails.ts'
import { webhookStore } from './webhooks.ts'

const inMemory = ':memory:'

export interface StoreOptions {
  /**
   * The database file, made if absent together with its folder; `:memory:` for tests; or `postgres://…`, a
   * database of a server, which this process then holds alone.
   */
  readonly path: string
  /** What a database in memory begins with, `serialize()` of another one: it has all tables already. */
  readonly image?: Uint8Array
  readonly clock: Pick<Clock, 'nowMs'>
  /** Makes the key by which an account's webhooks are signed. */
  readonly newSecret?: () => string
  /** Events outside calls that an account keeps, the newest; default 100,000. */
  readonly keptEvents?: number
  /** Signs the hash of each entry of the recordings' chains; without it they are not signed. */
  readonly signEntry?: SignEntry
  /** Called when somebody else has taken the database while its server could not be reached. */
  readonly onTaken?: (reason: string) => void
  /** How the log of a database file is kept short. */
  readonly checkpoints?: CheckpointOptions
}

/** The database, its schema up to date. */
interface Opened {
  readonly db: Db
  trouble(): string | undefined
  close(): Promise<void>
}

/**
 * Opens the database and brings its schema up to date. Rejects with an Error whose message is one line
 * for the operator: folder cannot be written, not a database, written by a newer version, locked.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { db, trouble, close } = isPostgres(options.path)
    ? await openServer(options.path, options.onTaken)
    : await openLite(options)
  const newSecret = options.newSecret ?? (() => randomBytes(32).toString('hex'))
  const watchers = new Set<() => void>()
  const logWatchers = new Set<(accountId: AccountId) => void>()
  const accountWatchers = new Set<(accountId: AccountId) => void>()
  const onEvents = (accountId: AccountId) => {
    for (const watcher of logWatchers) watcher(accountId)
  }
  const onDeliveries = () => {
    for (const watcher of watchers) watcher()
  }
  // boxes write e-mails, and tell addresses of their own; so do those who want the text of a recording
  const onMessages = (accountId: AccountId) => {
    onEvents(accountId)
    onDeliveries()
  }
  const webhooks = await webhookStore(db, options.clock, { onDeliveries, onEvents })
  // whoever appends to a log need not know whether somebody is told by HTTP
  logWatchers.add((accountId) => {
    if (webhooks.has(accountId)) onDeliveries()
  })
  const journal = new JournalTallies(db)
  return {
    accounts: accountStore(db, options.clock, newSecret, accountWatchers),
    keys: keyStore(db, options.clock, accountWatchers),
    idempotency: idempotencyStore(db),
    calls: callStore(db, options.clock, { onDeliveries, onEvents }, { journal }),
    conferences: conferenceStore(db, options.clock, { onDeliveries, onEvents }, options.keptEvents),
    queues: queueStore(db, onEvents, options.keptEvents),
    journal: journalStore(db, journal),
    money: moneyStore(db, options.clock, onEvents),
    rates: rateStore(db, options.clock),
    callRecords: callRecordStore(db, options.clock),
    events: eventStore(db, logWatchers, options.keptEvents),
    outbox: outboxStore(db, options.clock, watchers, onEvents),
    deliveries: deliveryList(db, options.clock, onDeliveries),
    webhooks,
    recordings: recordingStore(db, options.signEntry, onMessages, options.keptEvents),
    recordingLinks: recordingLinkStore(db),
    numbers: numberStore(db),
    subscriptions: subscriptionStore(db),
    devices: deviceStore(db),
    prompts: promptStore(db),
    speedDials: speedDialStore(db),
    registrations: registrationStore(db),
    trunks: trunkStore(db),
    mailboxes: mailboxStore(db),
    voicemailBoxes: voicemailBoxStore(db),
    pinTries: pinTriesStore(db, options.clock),
    voicemails: voicemailStore(db, onMessages, options.keptEvents, journal),
    trouble,
    close,
  }
}

async function openLite({ path, image, checkpoints }: StoreOptions): Promise<Opened> {
  const file = openFile(path)
  const db = new Kysely<Tables>({ dialect: sqliteDialect(file) })
  try {
    if (image === undefined) await migrate(db)
    else file.deserialize(image)
  } catch (error) {
    await db.destroy()
    throw cannotOpen(path, error)
  }
  const close = path === inMemory ? () => db.destroy() : copiedByThread(file, path, db, checkpoints)
  return { db, trouble: () => undefined, close }
}

/** Returns what closes the database. */
function copiedByThread(
  file: DatabaseSync,
  path: string,
  db: Db,
  { onLost, ...bounds }: CheckpointOptions = {},
): () => Promise<void> {
  const lend = (use: () => Promise<void>) => db.connection().execute(use)
  const descriptor = openSync(path, 'r+')
  const thread = startThread(path, descriptor, bounds)
  const checkpoints = new Checkpoints(file, thread, lend, onLost)
  const close = async () => {
    await checkpoints.stop()
    await db.destroy()
    closeSync(descriptor)
  }
  let closing: Promise<void> | undefined
  return () => (closing ??= close())
}

async function openServer(url: string, onTaken: StoreOptions['onTaken']): Promise<Opened> {
  let close: Opened['close'] = () => Promise.resolve()
  try {
    const server = await openPostgres(url, onTaken ?? (() => undefined))
    const db = new Kysely<Tables>({ dialect: server.dialect })
    close = () => db.destroy()
    await migrate(db)
    await server.settle(db)
    return { db, trouble: server.trouble, close }
  } catch (error) {
    await close()
    throw cannotOpen(shownPlace(url), error, reasonOfPostgres(error))
  }
}

function openFile(path: string): DatabaseSync {
  try {
    if (path !== inMemory) {
      makeFolder(dirname(path))
      // Trunk passwords are inside: readable by its owner only. SQLite's side files copy the mode.
      closeSync(openSync(path, 'a', 0o600))
    }
    return openDatabase(path)
  } catch (error) {
    throw cannotOpen(path, error)
  }
}

function cannotOpen(path: string, error: unknown, reason = reasonOf(error)): Error {
  return new Error(`cannot open the database ${path}: ${reason}`, { cause: error })
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  if (text.includes('corrupted migrations')) return 'it was written by a newer version of Ringdown'
  if (text.includes('not a database')) return 'the file is not a database'
  if (text.includes('database is locked')) return 'another process holds it'
  return text.split('\n', 1)[0] ?? text
}
