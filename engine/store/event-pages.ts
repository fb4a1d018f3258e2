import { type Expression, expressionBuilder, type SqlBool } from 'kysely'
import type {
  AccountEventType,
  CallEvent,
  CallEventType,
  ConferenceEventType,
  LoggedEvent,
} from '../core/events.ts'
import type { AccountId, CallId, ConferenceId } from '../core/ids.ts'
import type { EventPage, EventQuery } from '../core/ports/webhooks.ts'
import type { Db, EventRow, Tables } from './schema.ts'

/** Numbers that are looked at for a page when only some events are wanted: nobody waits for a long search. */
const lookedAt = 5_000

const shared = ['account_id', 'sequence', 'type', 'at_ms', 'data'] as const

interface Range {
  readonly direction: 'asc' | 'desc'
  readonly limit: number
  readonly accountId: AccountId
  /** Exclusive. */
  readonly after: number
  /** Inclusive. */
  readonly through: number
  readonly types: readonly string[] | undefined
}

/** Both kinds of events as one table: of each no more than are wanted, so that both are read by their keys. */
function logIn(db: Db, { accountId, after, through, types, direction, limit }: Range) {
  const ofCalls = db
    .selectFrom('events')
    .select(shared)
    .select((eb) => eb.ref('call_id').$castTo<string | null>().as('call_id'))
    .select((eb) => eb.lit(null).$castTo<string | null>().as('conference_id'))
    .where('account_id', '=', accountId)
    .where('sequence', '>', after)
    .where('sequence', '<=', through)
    .$if(types !== undefined, (query) => query.where(fits('events', types!)))
    .orderBy('sequence', direction)
    .limit(limit)
  const others = db
    .selectFrom('account_events')
    .select(shared)
    .select((eb) => eb.lit(null).$castTo<string | null>().as('call_id'))
    .select('conference_id')
    .where('account_id', '=', accountId)
    .where('sequence', '>', after)
    .where('sequence', '<=', through)
    .$if(types !== undefined, (query) => query.where(fits('account_events', types!)))
    .orderBy('sequence', direction)
    .limit(limit)
  return db
    .selectFrom(ofCalls.as('of_calls'))
    .selectAll()
    .unionAll(db.selectFrom(others.as('others')).selectAll())
    .orderBy('sequence', direction)
    .limit(limit)
}

/** As `fitsPattern`; types have no letters that mean something in `like`. */
function fits(
  table: 'events' | 'account_events',
  patterns: readonly string[],
): Expression<SqlBool> {
  const eb = expressionBuilder<Tables, 'events' | 'account_events'>()
  const type = eb.ref(`${table}.type`)
  return eb.or(
    patterns.map((pattern) =>
      pattern.endsWith('*') ? eb(type, 'like', `${pattern.slice(0, -1)}%`) : eb(type, '=', pattern),
    ),
  )
}

/** All of the account's log after that number, by its numbers. */
export async function eventsAfter(
  db: Db,
  accountId: AccountId,
  after: number,
  limit: number,
): Promise<LoggedEvent[]> {
  const all = { through: Number.MAX_SAFE_INTEGER, types: undefined }
  const rows = await logIn(db, { accountId, after, ...all, direction: 'asc', limit }).execute()
  return rows.map(loggedEventOf)
}

export async function pageOfLog(
  db: Db,
  accountId: AccountId,
  query: EventQuery,
): Promise<EventPage> {
  const { last, goneTo } = await endsOf(db, accountId)
  const before = Math.min(query.before ?? last + 1, last + 1)
  const isBackwards = query.after === undefined && query.before !== undefined
  if (query.callId !== undefined) return pageOfCall(db, accountId, query, { last, goneTo })
  const isSearch = query.types !== undefined
  const asked = query.after ?? 0
  const after = isBackwards && isSearch ? Math.max(0, before - 1 - lookedAt) : asked
  const through = isSearch && !isBackwards ? Math.min(before - 1, asked + lookedAt) : before - 1
  const rows = await logIn(db, {
    ...{ accountId, after, through, types: query.types },
    ...{ direction: isBackwards ? 'desc' : 'asc', limit: query.limit },
  }).execute()
  const events = rows.map(loggedEventOf)
  if (isBackwards) {
    events.reverse()
    return { events, next: before - 1, hasMore: before - 1 < last, goneTo }
  }
  const isFull = events.length === query.limit
  const next = isFull ? (events.at(-1)?.sequence ?? after) : Math.max(after, through)
  return { events, next, hasMore: next < before - 1, goneTo }
}

/** A call's events are few, and have an index of their own. */
async function pageOfCall(
  db: Db,
  accountId: AccountId,
  query: EventQuery,
  { last, goneTo }: Ends,
): Promise<EventPage> {
  const { callId, types, before, limit } = query
  const isBackwards = query.after === undefined && before !== undefined
  const rows = await db
    .selectFrom('events')
    .selectAll()
    .where('call_id', '=', callId ?? '')
    .where('account_id', '=', accountId)
    .where('sequence', '>', query.after ?? 0)
    .where('sequence', '<=', Math.min((before ?? last + 1) - 1, last))
    .$if(types !== undefined, (select) => select.where(fits('events', types!)))
    .orderBy('sequence', isBackwards ? 'desc' : 'asc')
    .limit(limit)
    .execute()
  const events = rows.map(eventOfRow)
  if (isBackwards) events.reverse()
  const isFull = events.length === limit && !isBackwards
  const next = isFull ? (events.at(-1)?.sequence ?? 0) : Math.max(query.after ?? 0, last)
  return { events, next, hasMore: isFull, goneTo }
}

interface Ends {
  readonly last: number
  readonly goneTo: number
}

async function endsOf(db: Db, accountId: AccountId): Promise<Ends> {
  const row = await db
    .selectFrom('accounts')
    .select(['last_sequence as last', 'events_gone_to as goneTo'])
    .where('id', '=', accountId)
    .executeTakeFirst()
  return { last: row?.last ?? 0, goneTo: row?.goneTo ?? 0 }
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
