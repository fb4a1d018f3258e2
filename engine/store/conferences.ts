import type { Callback } from '../core/callbacks.ts'
import type {
  ConferenceEnd,
  ConferenceOptions,
  ConferenceRecord,
  ConferenceStatus,
} from '../core/conference.ts'
import { plainConference } from '../core/conference.ts'
import type { ConferenceEvent, ConferenceEventType } from '../core/events.ts'
import type { AccountId, ConferenceId } from '../core/ids.ts'
import type {
  ConferenceSnapshot,
  Conferences,
  StoredConferenceFilter,
  ToldConference,
} from '../core/ports/conferences.ts'
import { enqueueConferenceDeliveries } from './enqueue.ts'
import { appendConferenceEvents, sweeper, usuallyKept } from './events.ts'
import { countOf, isFew, isWithin, type Span, sliceOf, totalOf } from './paging.ts'
import type { ConferenceRow, Db } from './schema.ts'
import { Tallies } from './tallies.ts'

const live: readonly ConferenceStatus[] = ['init', 'in-progress']

export function conferenceStore(
  db: Db,
  clock: { nowMs(): number },
  told: { onDeliveries(): void; onEvents(accountId: AccountId): void },
  keptEvents = usuallyKept,
): Conferences {
  const sweep = sweeper(keptEvents)
  const tallies = new Tallies(db, 'conferences.created_at_ms')
  return {
    async commit(conference, events) {
      const { accountId, createdAtMs } = conference
      const commit = db.transaction().execute(async (transaction) => {
        await save(transaction, conference)
        const drafts = events.map(({ draft }) => draft)
        const first = await appendConferenceEvents(transaction, accountId, drafts)
        await sweep(transaction, accountId, drafts.length)
        const told = events.map((event, index) => deliveryOf(conference, event, first + index))
        return enqueueConferenceDeliveries(transaction, told, clock.nowMs())
      })
      const hasDeliveries = await tallies.told(accountId, commit, () => [createdAtMs])
      if (events.length === 0) return
      if (hasDeliveries) told.onDeliveries()
      told.onEvents(accountId)
    },
    ...reading(db, tallies),
  }
}

function reading(db: Db, tallies: Tallies): Omit<Conferences, 'commit'> {
  const all = () => db.selectFrom('conferences').selectAll()
  return {
    async get(accountId, id) {
      const row = await all()
        .where('id', '=', id)
        .where('account_id', '=', accountId)
        .executeTakeFirst()
      return row && conferenceOfRow(row)
    },
    list: (accountId, filter) => listConferences(db, tallies, accountId, filter),
    async live(accountId) {
      // Sorted here: asked for an order by time, SQLite would look at all that have ended, too.
      const rows = await all()
        .where('account_id', '=', accountId)
        .where('status', 'in', live)
        .execute()
      return rows.map(conferenceOfRow).sort(newestFirst)
    },
    async eventsOf(accountId, id) {
      const rows = await db
        .selectFrom('account_events')
        .selectAll()
        .where('conference_id', '=', id)
        .where('account_id', '=', accountId)
        .orderBy('sequence')
        .execute()
      return rows.map((row) => ({
        accountId,
        ...{ sequence: row.sequence, conferenceId: id, callId: null },
        ...{ type: row.type as ConferenceEventType, atMs: row.at_ms },
        data: JSON.parse(row.data) as Record<string, unknown>,
      }))
    },
    async unfinished() {
      const rows = await all()
        .where('account_id', 'in', db.selectFrom('accounts').select('id'))
        .where('status', 'in', live)
        .orderBy('created_at_ms')
        .orderBy('id')
        .execute()
      return rows.map(conferenceOfRow)
    },
  }
}

const newestFirst = (one: ConferenceRecord, other: ConferenceRecord): number =>
  other.createdAtMs - one.createdAtMs || (one.id < other.id ? 1 : -1)

async function listConferences(
  db: Db,
  tallies: Tallies,
  accountId: AccountId,
  filter: StoredConferenceFilter,
): ReturnType<Conferences['list']> {
  const { status } = filter
  const fitting = db
    .selectFrom('conferences')
    .where('account_id', '=', accountId)
    .$if(status !== undefined, (query) => query.where('status', '=', status!))
  const matching = (span: Span) => fitting.where((eb) => isWithin(eb.ref('created_at_ms'), span))
  const parts = await tallies.parts({
    ...{ accountId, key: status ?? '' },
    isFew: (most) => isFew(fitting, most),
    count: (span) => countOf(matching(span)),
  })
  const total = totalOf(parts)
  const slice = sliceOf(filter, parts)
  if (slice === undefined) return { conferences: [], total }
  const ids = matching(slice.span)
    .select('id')
    .orderBy('created_at_ms', slice.direction)
    .orderBy('id', slice.direction)
    .limit(slice.limit)
    .offset(slice.offset)
  const rows = await db
    .selectFrom('conferences')
    .selectAll()
    .where('id', 'in', ids)
    .orderBy('created_at_ms', 'desc')
    .orderBy('id', 'desc')
    .execute()
  return { conferences: rows.map(conferenceOfRow), total }
}

async function save(db: Db, conference: ConferenceRecord): Promise<void> {
  const { id, account_id, ...rest } = rowOf(conference)
  const { numInsertedOrUpdatedRows: saved } = await db
    .insertInto('conferences')
    .values({ id, account_id, ...rest })
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet(rest).where('conferences.account_id', '=', account_id),
    )
    .executeTakeFirst()
  if (saved === 0n) throw new Error(`conference ${id} belongs to another account`)
}

/** The event is kept with it: its own row may be swept before a receiver takes it. */
function deliveryOf(
  conference: ConferenceRecord,
  { draft, participantCount, participant }: ToldConference,
  sequence: number,
): { event: ConferenceEvent; conference: ConferenceSnapshot } {
  const event = { ...draft, accountId: conference.accountId, sequence, callId: null }
  return { event, conference: { record: conference, participantCount, participant } }
}

const rowOf = (conference: ConferenceRecord): ConferenceRow => ({
  id: conference.id,
  account_id: conference.accountId,
  friendly_name: conference.friendlyName,
  status: conference.status,
  options: JSON.stringify(conference.options),
  status_callback: conference.statusCallback,
  callbacks: conference.callbacks === undefined ? null : JSON.stringify(conference.callbacks),
  created_at_ms: conference.createdAtMs,
  started_at_ms: conference.startedAtMs,
  ended_at_ms: conference.endedAtMs,
  end_reason: conference.endReason,
  peak_participants: conference.peakParticipants,
})

const conferenceOfRow = (row: ConferenceRow): ConferenceRecord => ({
  id: row.id as ConferenceId,
  accountId: row.account_id as AccountId,
  friendlyName: row.friendly_name,
  status: row.status as ConferenceStatus,
  // Options that there were not yet when it was stored are as nobody has said.
  options: { ...plainConference, ...(JSON.parse(row.options) as Partial<ConferenceOptions>) },
  statusCallback: row.status_callback,
  createdAtMs: row.created_at_ms,
  startedAtMs: row.started_at_ms,
  endedAtMs: row.ended_at_ms,
  endReason: row.end_reason as ConferenceEnd | null,
  peakParticipants: row.peak_participants,
  ...(row.callbacks !== null && { callbacks: JSON.parse(row.callbacks) as Callback[] }),
})
