import { CompiledQuery } from 'kysely'
import type { CallRecord } from '../core/call.ts'
import type {
  AccountEventDraft,
  ConferenceEventDraft,
  EventDraft,
  LoggedEvent,
} from '../core/events.ts'
import type { AccountId, ConferenceId } from '../core/ids.ts'
import type { Store } from '../core/ports/store.ts'
import { tellBoxes, tellOfTranscripts, tellWebhooks } from './enqueue.ts'
import { eventOfRow, eventsAfter, pageOfLog } from './event-pages.ts'
import { portionsOf } from './portions.ts'
import type { Db, EventRow } from './schema.ts'

/** Events outside calls that an account keeps, the newest: a phone that comes and goes must not fill the disk. */
export const usuallyKept = 100_000
/** After so many new ones of an account it is looked whether old ones can go: */
const lookEvery = 256
/** that many at a time, since everybody waits while they do. */
const goneAtOnce = 1_024

/** What both kinds of events have. */
const shared = ['account_id', 'sequence', 'type', 'at_ms', 'data'] as const

/** Written out: thousands of phones that come back at once are as many of them. */
const accountInsert = `insert into account_events (${shared.join(', ')}, conference_id)
  values (${shared.map(() => '?').join(', ')}, ?)`

interface AccountDraft {
  readonly type: string
  readonly atMs: number
  readonly data: Readonly<Record<string, unknown>>
  readonly conferenceId?: ConferenceId
}

export function eventStore(
  db: Db,
  watchers: Set<(accountId: AccountId) => void>,
  kept = usuallyKept,
): Store['events'] {
  const sweep = sweeper(kept)
  return {
    async ofCall(accountId, callId) {
      const rows = await db
        .selectFrom('events')
        .selectAll()
        .where('call_id', '=', callId)
        .where('account_id', '=', accountId)
        .orderBy('sequence')
        .execute()
      return rows.map(eventOfRow)
    },
    after: (accountId, sequence, limit) => eventsAfter(db, accountId, sequence, limit),
    page: (accountId, query) => pageOfLog(db, accountId, query),
    async append(accountId, drafts) {
      await db.transaction().execute(async (transaction) => {
        await appendOutside(transaction, accountId, drafts)
        await sweep(transaction, accountId, drafts.length)
      })
      for (const watcher of watchers) watcher(accountId)
    },
    async last(accountId) {
      const row = await db
        .selectFrom('accounts')
        .select('last_sequence')
        .where('id', '=', accountId)
        .executeTakeFirst()
      return row?.last_sequence ?? 0
    },
    sweep: (accountId, beforeMs, limit) =>
      db.transaction().execute((trx) => sweepCalls(trx, accountId, beforeMs, limit)),
    watch(listener) {
      watchers.add(listener)
      return () => watchers.delete(listener)
    },
  }
}

/** Appends events that are not of a call, inside the caller's transaction; the number of the first. */
async function appendOutside(
  db: Db,
  accountId: AccountId,
  drafts: readonly AccountDraft[],
): Promise<number> {
  const { first, hasWebhooks } = await takeNumbers(db, accountId, drafts.length)
  for (const [index, { type, atMs, data, conferenceId }] of drafts.entries()) {
    const values = [
      ...[accountId, first + index, type, atMs, JSON.stringify(data)],
      conferenceId ?? null,
    ]
    await db.executeQuery(CompiledQuery.raw(accountInsert, values))
  }
  const events = drafts.map((draft, index) => {
    const { data, ...rest } = draft
    return { ...rest, data, accountId, sequence: first + index, callId: null } as LoggedEvent
  })
  if (hasWebhooks) await tellWebhooks(db, accountId, events)
  await tellBoxes(db, accountId, events)
  await tellOfTranscripts(db, accountId, events)
  return first
}

/** Appends events of the account itself, inside the caller's transaction. */
export const appendAccountEvents = (
  db: Db,
  accountId: AccountId,
  drafts: readonly AccountEventDraft[],
): Promise<number> => appendOutside(db, accountId, drafts)

/** The same for those of a conference; they grow old with the account's other ones. */
export const appendConferenceEvents = (
  db: Db,
  accountId: AccountId,
  drafts: readonly ConferenceEventDraft[],
): Promise<number> => appendOutside(db, accountId, drafts)

/** Deletes what is old of an account's events outside calls, a little at a time. */
export function sweeper(
  kept: number,
): (db: Db, accountId: AccountId, added: number) => Promise<void> {
  const sinceLook = new Map<AccountId, number>()
  return async (db, accountId, added) => {
    const since = (sinceLook.get(accountId) ?? lookEvery) + added
    sinceLook.set(accountId, since < lookEvery ? since : 0)
    if (since < lookEvery) return
    const mine = db
      .selectFrom('account_events')
      .select('sequence')
      .where('account_id', '=', accountId)
    const newestToGo = await mine
      .orderBy('sequence', 'desc')
      .limit(1)
      .offset(kept)
      .executeTakeFirst()
    if (!newestToGo) return
    const old = mine.where('sequence', '<=', newestToGo.sequence)
    const gone = await old.orderBy('sequence').limit(goneAtOnce).execute()
    await remove(db, 'account_events', accountId, gone.at(-1)?.sequence)
  }
}

/** What is older than that of an account's events of calls, so many at most; how many went. */
async function sweepCalls(
  db: Db,
  accountId: AccountId,
  beforeMs: number,
  limit: number,
): Promise<number> {
  const oldest = await db
    .selectFrom('events')
    .select(['sequence', 'at_ms'])
    .where('account_id', '=', accountId)
    .orderBy('sequence')
    .limit(limit)
    .execute()
  // By their numbers, up to the first that is young enough: the log is whole from there.
  const young = oldest.findIndex(({ at_ms }) => at_ms >= beforeMs)
  const gone = young < 0 ? oldest : oldest.slice(0, young)
  await remove(db, 'events', accountId, gone.at(-1)?.sequence)
  return gone.length
}

/** Those up to that number, and says so to whoever reads the log from further back. */
async function remove(
  db: Db,
  table: 'events' | 'account_events',
  accountId: AccountId,
  through: number | undefined,
): Promise<void> {
  if (through === undefined) return
  await db
    .deleteFrom(table)
    .where('account_id', '=', accountId)
    .where('sequence', '<=', through)
    .execute()
  await db
    .updateTable('accounts')
    .set({ events_gone_to: through })
    .where('id', '=', accountId)
    .where((eb) => eb(eb.fn.coalesce('events_gone_to', eb.lit(0)), '<', through))
    .execute()
}

interface Taken {
  readonly first: number
  /** Whether the account has webhooks that are told, and numbers with subscribers: most have none, and need not be asked for them. */
  readonly hasWebhooks: boolean
  readonly hasSubscribers: boolean
}

/**
 * So many numbers of the account's log. The update locks the account's counter, so that numbers have no gaps and no
 * twins however many write at once.
 */
async function takeNumbers(db: Db, accountId: AccountId, count: number): Promise<Taken> {
  const {
    last_sequence: last,
    enabled,
    subscribed,
  } = await db
    .updateTable('accounts')
    .set((eb) => ({ last_sequence: eb('last_sequence', '+', count) }))
    .where('id', '=', accountId)
    .returning('last_sequence')
    .returning((eb) =>
      eb
        .selectFrom('webhooks')
        .select((of) => of.fn.countAll<number>().as('count'))
        .whereRef('webhooks.account_id', '=', 'accounts.id')
        .where('webhooks.enabled', '=', 1)
        .as('enabled'),
    )
    .returning((eb) =>
      eb
        .exists(
          eb
            .selectFrom('subscriptions')
            .select('number')
            .whereRef('subscriptions.account_id', '=', 'accounts.id'),
        )
        .as('subscribed'),
    )
    .executeTakeFirstOrThrow()
  return {
    first: last - count + 1,
    ...{ hasWebhooks: Number(enabled) > 0, hasSubscribers: Number(subscribed) > 0 },
  }
}

/**
 * Appends to the account's log inside the caller's transaction, and makes the deliveries to its webhooks; `call` is
 * whose events they are, for those who want to see it. `hasSubscribers`: of any number of the account.
 */
export async function appendEvents(
  db: Db,
  accountId: AccountId,
  drafts: readonly EventDraft[],
  call?: CallRecord,
): Promise<{ rows: readonly EventRow[]; hasSubscribers: boolean }> {
  if (drafts.length === 0) return { rows: [], hasSubscribers: false }
  const { first, hasWebhooks, hasSubscribers } = await takeNumbers(db, accountId, drafts.length)
  const rows = drafts.map((draft, index) => ({
    account_id: accountId,
    sequence: first + index,
    call_id: draft.callId,
    type: draft.type,
    at_ms: draft.atMs,
    data: JSON.stringify(draft.data),
  }))
  for (const some of portionsOf(rows)) {
    await db.insertInto('events').values(some).execute()
  }
  if (hasWebhooks) await tellWebhooks(db, accountId, rows.map(eventOfRow), call)
  return { rows, hasSubscribers }
}
