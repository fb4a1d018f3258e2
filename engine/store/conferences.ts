import type {
  ConferenceEnd,
  ConferenceOptions,
  ConferenceRecord,
  ConferenceStatus,
} from '../core/conference.ts'
import { plainConference } from '../core/conference.ts'
import {
  type ConferenceEvent,
  type ConferenceEventType,
  speakingEventTypes,
} from '../core/events.ts'
import type { AccountId, ConferenceId } from '../core/ids.ts'
import type { ConferenceSnapshot, Conferences, ToldConference } from '../core/ports/conferences.ts'
import { appendConferenceEvents, sweeper, usuallyKept } from './events.ts'
import { enqueueConferenceDeliveries } from './outbox.ts'
import { countOf, sliceOf } from './paging.ts'
import type { ConferenceRow, Db } from './schema.ts'

const live: readonly ConferenceStatus[] = ['init', 'in-progress']

export function conferenceStore(
  db: Db,
  clock: { nowMs(): number },
  told: { onDeliveries(): void; onEvents(accountId: AccountId): void },
  keptEvents = usuallyKept,
): Conferences {
  const sweep = sweeper(keptEvents)
  return {
    async commit(conference, events) {
      await db.transaction().execute(async (transaction) => {
        await save(transaction, conference)
        const { accountId } = conference
        const drafts = events.map(({ draft }) => draft)
        const first = await appendConferenceEvents(transaction, accountId, drafts)
        await sweep(transaction, accountId, drafts.length)
        const url = conference.statusCallback
        if (url === null) return
        const deliveries = events.flatMap((event, index) =>
          isWanted(conference, event) ? [deliveryOf(conference, event, first + index)] : [],
        )
        await enqueueConferenceDeliveries(transaction, { url, deliveries }, clock.nowMs())
      })
      if (events.length === 0) return
      if (conference.statusCallback !== null) told.onDeliveries()
      told.onEvents(conference.accountId)
    },
    ...reading(db),
  }
}

function reading(db: Db): Omit<Conferences, 'commit'> {
  const all = () => db.selectFrom('conferences').selectAll()
  return {
    async get(accountId, id) {
      const row = await all()
        .where('id', '=', id)
        .where('account_id', '=', accountId)
        .executeTakeFirst()
      return row && conferenceOfRow(row)
    },
    async list(accountId, filter) {
      const { status } = filter
      const matching = db
        .selectFrom('conferences')
        .where('account_id', '=', accountId)
        .$if(status !== undefined, (query) => query.where('status', '=', status!))
      const total = await countOf(matching)
      const slice = sliceOf(filter, total)
      if (slice === undefined) return { conferences: [], total }
      const ids = matching
        .select('id')
        .orderBy('created_at_ms', slice.direction)
        .orderBy('id', slice.direction)
        .limit(slice.limit)
        .offset(slice.offset)
      const rows = await all()
        .where('id', 'in', ids)
        .orderBy('created_at_ms', 'desc')
        .orderBy('id', 'desc')
        .execute()
      return { conferences: rows.map(conferenceOfRow), total }
    },
    async live(accountId) {
      const rows = await all()
        .where('account_id', '=', accountId)
        .where('status', 'in', live)
        .orderBy('created_at_ms', 'desc')
        .orderBy('id', 'desc')
        .execute()
      return rows.map(conferenceOfRow)
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

const isWanted = ({ options }: ConferenceRecord, { draft }: ToldConference): boolean =>
  options.speakingEvents || !speakingEventTypes.has(draft.type)

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
})
