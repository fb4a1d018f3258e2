import { CompiledQuery } from 'kysely'
import type {
  AccountEventType,
  CallEvent,
  CallEventType,
  ConferenceEventDraft,
  ConferenceEventType,
  EventDraft,
  LoggedEvent,
} from '../core/events.ts'
import type { AccountId, CallId, ConferenceId } from '../core/ids.ts'
import type { Store } from '../core/ports/store.ts'
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
    async after(accountId, sequence, limit) {
      const ofCalls = db
        .selectFrom('events')
        .select(shared)
        .select((eb) => eb.ref('call_id').$castTo<string | null>().as('call_id'))
        .select((eb) => eb.lit(null).$castTo<string | null>().as('conference_id'))
        .where('account_id', '=', accountId)
        .where('sequence', '>', sequence)
      const others = db
        .selectFrom('account_events')
        .select(shared)
        .select((eb) => eb.lit(null).$castTo<string | null>().as('call_id'))
        .select('conference_id')
        .where('account_id', '=', accountId)
        .where('sequence', '>', sequence)
      const rows = await ofCalls.unionAll(others).orderBy('sequence').limit(limit).execute()
      return rows.map(loggedEventOf)
    },
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
  const first = await takeNumbers(db, accountId, drafts.length)
  for (const [index, { type, atMs, data, conferenceId }] of drafts.entries()) {
    const values = [
      ...[accountId, first + index, type, atMs, JSON.stringify(data)],
      conferenceId ?? null,
    ]
    await db.executeQuery(CompiledQuery.raw(accountInsert, values))
  }
  return first
}

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
    await db
      .deleteFrom('account_events')
      .where('account_id', '=', accountId)
      .where('sequence', 'in', old.orderBy('sequence').limit(goneAtOnce))
      .execute()
  }
}

/**
 * The first of so many numbers of the account's log. The update locks the account's counter, so that
 * numbers have no gaps and no twins however many write at once.
 */
async function takeNumbers(db: Db, accountId: AccountId, count: number): Promise<number> {
  const { last_sequence: last } = await db
    .updateTable('accounts')
    .set((eb) => ({ last_sequence: eb('last_sequence', '+', count) }))
    .where('id', '=', accountId)
    .returning('last_sequence')
    .executeTakeFirstOrThrow()
  return last - count + 1
}

/** Appends to the account's log inside the caller's transaction. */
export async function appendEvents(
  db: Db,
  accountId: AccountId,
  drafts: readonly EventDraft[],
): Promise<EventRow[]> {
  if (drafts.length === 0) return []
  const first = await takeNumbers(db, accountId, drafts.length)
  const rows = drafts.map((draft, index) => ({
    account_id: accountId,
    sequence: first + index,
    call_id: draft.callId,
    type: draft.type,
    at_ms: draft.atMs,
    data: JSON.stringify(draft.data),
  }))
  for (const row of rows) await db.insertInto('events').values(row).execute()
  return rows
}

export const eventOfRow = (row: EventRow): CallEvent => ({
  accountId: row.account_id as AccountId,
  sequence: row.sequence,
  callId: row.call_id as CallId,
  type: row.type as CallEventType,
  atMs: row.at_ms,
  data: JSON.parse(row.data) as Record<string, unknown>,
})

type LoggedRow = Omit<EventRow, 'call_id'> & {
  call_id: string | null
  conference_id: string | null
}

function loggedEventOf({ call_id, conference_id, ...row }: LoggedRow): LoggedEvent {
  if (call_id !== null) return eventOfRow({ ...row, call_id })
  const { account_id, sequence, type, at_ms, data } = row
  const event = {
    accountId: account_id as AccountId,
    ...{ sequence, callId: null, atMs: at_ms },
    data: JSON.parse(data) as Record<string, unknown>,
  }
  if (conference_id === null) return { ...event, type: type as AccountEventType }
  const conferenceId = conference_id as ConferenceId
  return { ...event, conferenceId, type: type as ConferenceEventType }
}
