import { CompiledQuery } from 'kysely'
import type { CallRecord } from '../core/call.ts'
import type { Clock } from '../core/clock.ts'
import type { EventDraft } from '../core/events.ts'
import type { AccountId, CallId } from '../core/ids.ts'
import type { CallFilter, CallParties, Store } from '../core/ports/store.ts'
import { callOfRow, rowOfCall } from './call-rows.ts'
import { deviceCalls, liveStatuses } from './device-calls.ts'
import { enqueueDeliveries } from './enqueue.ts'
import { eventOfRow } from './event-pages.ts'
import { appendEvents } from './events.ts'
import { journalCall } from './journal.ts'
import { JournalTallies, type JournalTimes } from './journal-tallies.ts'
import { moveMoney } from './money/call-postings.ts'
import { countOf, isFew, isWithin, type Span, sliceOf, spanBetween, totalOf } from './paging.ts'
import { portionsOf } from './portions.ts'
import type { CallRow, Db } from './schema.ts'
import { type Counting, Tallies } from './tallies.ts'

export function callStore(
  db: Db,
  clock: Pick<Clock, 'nowMs'>,
  /** Called after each commit that made deliveries, and after each that wrote to the account's log. */
  told: { onDeliveries(): void; onEvents(accountId: AccountId): void },
  given: { readonly tallies?: Tallies; readonly journal?: JournalTallies } = {},
): Store['calls'] {
  const { tallies = new Tallies(db, 'calls.begin_ms'), journal = new JournalTallies(db) } = given
  return {
    async commit(given, events, options) {
      const { accountId, createdAtMs, startedAtMs } = given
      const commit = db
        .transaction()
        .execute((transaction) =>
          commitCall(transaction, given, events, { ...options, nowMs: clock.nowMs() }),
        )
      // It began when it was made, until it was known when it started.
      const timesMs = [createdAtMs, startedAtMs ?? createdAtMs]
      const saved = tallies.told(accountId, commit, () => timesMs)
      const done = await journal.told(accountId, saved, ({ journaled }) => journaled)
      if (done.hasDeliveries) told.onDeliveries()
      if (done.hasEvents) told.onEvents(accountId)
    },
    async get(accountId, id) {
      const row = await db
        .selectFrom('calls')
        .selectAll()
        .where('id', '=', id)
        .where('account_id', '=', accountId)
        .executeTakeFirst()
      return row && callOfRow(row)
    },
    list: (accountId, filter) => listCalls(db, tallies, accountId, filter),
    parties: (accountId, ids) => partiesOf(db, accountId, ids),
    async children(parentId) {
      const rows = await db
        .selectFrom('calls')
        .selectAll()
        .where('parent_id', '=', parentId)
        .orderBy('created_at_ms')
        .orderBy('id')
        .execute()
      return rows.map(callOfRow)
    },
    ...deviceCalls(db),
    async unfinished() {
      const rows = await db
        .selectFrom('calls')
        .selectAll()
        // By account, so that the index on account and status serves it.
        .where('account_id', 'in', db.selectFrom('accounts').select('id'))
        .where('status', 'in', [...liveStatuses])
        .orderBy('created_at_ms')
        .orderBy('id')
        .execute()
      return rows.map(callOfRow)
    },
  }
}

/** By the ids alone: asked for the account too, SQLite would go through all of its calls. */
async function partiesOf(
  db: Db,
  accountId: AccountId,
  ids: readonly CallId[],
): Promise<Map<CallId, CallParties>> {
  const parties = new Map<CallId, CallParties>()
  for (const some of portionsOf(ids)) {
    const rows = await db
      .selectFrom('calls')
      .select(['id', 'account_id', 'from_party', 'to_party'])
      .where('id', 'in', some)
      .execute()
    for (const { id, account_id, from_party: from, to_party: to } of rows)
      if (account_id === accountId) parties.set(id as CallId, { from, to })
  }
  return parties
}

async function listCalls(
  db: Db,
  tallies: Tallies,
  accountId: AccountId,
  filter: CallFilter,
): Promise<{ calls: CallRecord[]; total: number }> {
  const span = spanBetween(filter.startAfterMs, filter.startBeforeMs)
  const parts = await tallies.parts(countingOf(db, accountId, filter), span)
  const total = totalOf(parts)
  const slice = sliceOf(filter, parts)
  if (slice === undefined) return { calls: [], total }
  // The page's ids come from an index alone; only its own rows are then read.
  const ids = matchingCalls(db, accountId, filter, slice.span)
    .select('id')
    .orderBy('begin_ms', slice.direction)
    .orderBy('id', slice.direction)
    .limit(slice.limit)
    .offset(slice.offset)
  const rows = await db
    .selectFrom('calls')
    .selectAll()
    .where('id', 'in', ids)
    .orderBy('begin_ms', 'desc')
    .orderBy('id', 'desc')
    .execute()
  return { calls: rows.map(callOfRow), total }
}

interface Committed {
  readonly hasDeliveries: boolean
  readonly hasEvents: boolean
  readonly journaled: readonly JournalTimes[]
}

/** Money first, then the row: whoever writes to both locks them in this order. */
async function commitCall(
  db: Db,
  given: CallRecord,
  events: readonly EventDraft[],
  options: { readonly nowMs: number; readonly coverMicro?: number },
): Promise<Committed> {
  const { call, told } = await moveMoney(db, given, options)
  await saveCall(db, call)
  const journaled = await journalCall(db, call, events)
  const { rows, hasSubscribers } = await appendEvents(db, call.accountId, events, call)
  const asked = { nowMs: options.nowMs, hasSubscribers }
  const hasDeliveries = await enqueueDeliveries(db, call, rows.map(eventOfRow), asked)
  return { hasDeliveries, hasEvents: told || events.length > 0, journaled }
}

interface Saving {
  readonly columns: readonly (keyof CallRow)[]
  readonly text: string
}

/** Written out once: each change of each call is one, and to put it together takes longer than to carry it out. */
let saving: Saving | undefined

/**
 * What a call has from its beginning on. To set `parent_id`, though to what it is, has SQLite write all indexes of the row anew,
 * for it refers to the same table.
 */
const fixed: ReadonlySet<keyof CallRow> = new Set(['id', 'account_id', 'parent_id'])

function savingOf(columns: Saving['columns']): Saving {
  const changed = columns.filter((column) => !fixed.has(column))
  const text = `insert into calls (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})
    on conflict (id) do update set ${changed.map((name) => `${name} = excluded.${name}`).join(', ')}
    where calls.account_id = excluded.account_id`
  return { columns, text }
}

async function saveCall(db: Db, call: CallRecord): Promise<void> {
  const row = rowOfCall(call)
  saving ??= savingOf(Object.keys(row) as (keyof CallRow)[])
  const values = saving.columns.map((column) => row[column])
  const { numAffectedRows: saved } = await db.executeQuery(CompiledQuery.raw(saving.text, values))
  if (saved === 0n) throw new Error(`call ${call.id} belongs to another account`)
}

/** Who called, who was called and a status have an index each. */
function countingOf(db: Db, accountId: AccountId, filter: CallFilter): Counting {
  const { status, direction, from, to } = filter
  const of = db.selectFrom('calls').where('account_id', '=', accountId)
  const leads = [
    ...(from === undefined ? [] : [of.where('from_party', '=', from)]),
    ...(to === undefined ? [] : [of.where('to_party', '=', to)]),
    ...(status === undefined ? [] : [of.where('status', '=', status)]),
  ]
  return {
    accountId,
    key: JSON.stringify([status, direction, from, to]),
    async isFew(most) {
      for (const lead of leads) if (await isFew(lead, most)) return true
      return false
    },
    count: (span) => countOf(matchingCalls(db, accountId, filter, span)),
  }
}

/** Those of that time that fit in all else. */
function matchingCalls(
  db: Db,
  accountId: string,
  { status, direction, from, to }: CallFilter,
  span: Span,
) {
  return db
    .selectFrom('calls')
    .where('account_id', '=', accountId)
    .where((eb) => isWithin(eb.ref('begin_ms'), span))
    .$if(status !== undefined, (query) => query.where('status', '=', status!))
    .$if(direction !== undefined, (query) => query.where('direction', '=', direction!))
    .$if(from !== undefined, (query) => query.where('from_party', '=', from!))
    .$if(to !== undefined, (query) => query.where('to_party', '=', to!))
}
