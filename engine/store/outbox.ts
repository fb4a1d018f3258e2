import type { CallRecord } from '../core/call.ts'
import type { Clock } from '../core/clock.ts'
import type { ConferenceEvent, EventDraft } from '../core/events.ts'
import type { AccountId, CallId, ConferenceId } from '../core/ids.ts'
import type { ConferenceSnapshot } from '../core/ports/conferences.ts'
import type { Delivery, Store } from '../core/ports/store.ts'
import { numberToldOf } from '../core/subscriptions.ts'
import { appendConferenceEvents, appendEvents, eventOfRow } from './events.ts'
import type { Db, DeliveryRow, EventRow } from './schema.ts'
import { callAtEvent, isStatusEvent } from './snapshot.ts'
import { subscribersOf } from './subscriptions.ts'

/**
 * Only the oldest open delivery of a stream has a due time; the next gets one when it is gone. So order is
 * kept by the data themselves, and what is due is one range of an index. A stream is what one receiver is
 * told of one call or conference: receivers do not wait for each other.
 */
export function outboxStore(
  db: Db,
  clock: Pick<Clock, 'nowMs'>,
  listeners: Set<() => void>,
): Store['outbox'] {
  return {
    async due(nowMs, limit, skip = {}) {
      const rows = await dueRows(db, nowMs, limit, skip)
      const deliveries: Delivery[] = []
      for (const row of rows) {
        const delivery = readable(row)
        if (delivery) deliveries.push(delivery)
        // It would hold up all the others for ever.
        else await this.dead(row.id, 'its record is damaged')
      }
      const areAllDamaged = rows.length > 0 && deliveries.length === 0
      return areAllDamaged ? this.due(nowMs, limit, skip) : deliveries
    },
    async delivered(id) {
      await db.transaction().execute(async (transaction) => {
        const row = await transaction
          .deleteFrom('deliveries')
          .where('id', '=', id)
          .returning(['subject_id', 'url', 'renderer'])
          .executeTakeFirst()
        if (row !== undefined) await makeNextDue(transaction, row, clock.nowMs())
      })
    },
    async retryAt(id, atMs, error) {
      await db
        .updateTable('deliveries')
        .set((eb) => ({ due_at_ms: atMs, attempts: eb('attempts', '+', 1), last_error: error }))
        .where('id', '=', id)
        .where('dead', '=', 0)
        .execute()
    },
    async dead(id, error) {
      await db.transaction().execute((transaction) => bury(transaction, id, error, clock.nowMs()))
    },
    async nextDueMs(afterMs) {
      const row = await db
        .selectFrom('deliveries')
        .select('due_at_ms')
        .where('due_at_ms', 'is not', null)
        .$if(afterMs !== undefined, (query) => query.where('due_at_ms', '>', afterMs!))
        .orderBy('due_at_ms')
        .limit(1)
        .executeTakeFirst()
      return row?.due_at_ms ?? undefined
    },
    watch(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

type Skip = NonNullable<Parameters<Store['outbox']['due']>[2]>

async function dueRows(db: Db, nowMs: number, limit: number, skip: Skip): Promise<DueRow[]> {
  const ids = [...(skip.ids ?? [])]
  const hosts = [...(skip.hosts ?? [])]
  return db
    .selectFrom('deliveries')
    .leftJoin('events', (join) =>
      join
        .onRef('events.account_id', '=', 'deliveries.account_id')
        .onRef('events.sequence', '=', 'deliveries.sequence'),
    )
    .select(['deliveries.account_id', 'deliveries.sequence'])
    .select(['events.call_id', 'events.type', 'events.at_ms', 'events.data'])
    .select(['deliveries.id', 'deliveries.subject', 'deliveries.url', 'deliveries.host'])
    .select(['deliveries.snapshot', 'deliveries.attempts'])
    .select(['deliveries.renderer', 'deliveries.options'])
    .where('deliveries.due_at_ms', '<=', nowMs)
    .$if(ids.length > 0, (query) => query.where('deliveries.id', 'not in', ids))
    .$if(hosts.length > 0, (query) => query.where('deliveries.host', 'not in', hosts))
    .orderBy('deliveries.due_at_ms')
    .orderBy('deliveries.id')
    .limit(limit)
    .execute()
}

async function bury(db: Db, id: number, error: string, nowMs: number): Promise<void> {
  const row = await db
    .updateTable('deliveries')
    .set((eb) => ({
      dead: 1,
      due_at_ms: null,
      attempts: eb('attempts', '+', 1),
      last_error: error,
      // They may hold a login.
      options: null,
    }))
    .where('id', '=', id)
    .where('dead', '=', 0)
    .returning(['subject', 'subject_id', 'account_id', 'sequence', 'attempts', 'url', 'renderer'])
    .executeTakeFirst()
  if (row === undefined) return
  const accountId = row.account_id as AccountId
  const failed = {
    atMs: nowMs,
    data: { sequence: row.sequence, attempts: row.attempts, error },
  }
  if (row.subject === 'call') {
    const callId = row.subject_id as CallId
    await appendEvents(db, accountId, [{ ...failed, type: 'webhook.failed', callId }])
  } else {
    const conferenceId = row.subject_id as ConferenceId
    const draft = { ...failed, type: 'conference.webhook-failed', conferenceId } as const
    await appendConferenceEvents(db, accountId, [draft])
  }
  await makeNextDue(db, row, nowMs)
}

type Stream = Pick<DeliveryRow, 'subject_id' | 'url' | 'renderer'>
type Receiver = Pick<DeliveryRow, 'url' | 'renderer' | 'options'>

/**
 * Makes the deliveries of these events, inside the caller's transaction; tells whether it made any.
 */
export async function enqueueDeliveries(
  db: Db,
  call: CallRecord,
  drafts: readonly EventDraft[],
  rows: readonly EventRow[],
  nowMs: number,
): Promise<boolean> {
  const streams = new Map<string, Stream>()
  for (const [index, draft] of drafts.entries()) {
    const row = rows[index]
    if (row === undefined || !isStatusEvent(draft)) continue
    const receivers = await receiversOf(db, call, draft)
    if (receivers.length === 0) continue
    const snapshot = JSON.stringify(callAtEvent(call, draft))
    for (const receiver of receivers) {
      const { account_id, sequence } = row
      const about = { account_id, sequence, subject: 'call', subject_id: call.id, snapshot }
      const delivery = await insertDelivery(db, about, receiver)
      streams.set(`${receiver.renderer ?? ''} ${receiver.url}`, delivery)
    }
  }
  for (const stream of streams.values()) await makeNextDue(db, stream, nowMs)
  return streams.size > 0
}

type About = Pick<DeliveryRow, 'account_id' | 'sequence' | 'subject' | 'subject_id' | 'snapshot'>

async function insertDelivery(db: Db, about: About, receiver: Receiver): Promise<Stream> {
  const delivery = {
    ...about,
    ...receiver,
    host: URL.parse(receiver.url)?.host ?? '',
    ...{ attempts: 0, due_at_ms: null, dead: 0, last_error: null },
  }
  await db.insertInto('deliveries').values(delivery).execute()
  return delivery
}

/** What a conference's own status callback is told of it. */
interface ConferenceTold {
  readonly event: ConferenceEvent
  readonly conference: ConferenceSnapshot
}

/** The deliveries of what has happened to a conference, inside the caller's transaction. */
export async function enqueueConferenceDeliveries(
  db: Db,
  { url, deliveries }: { url: string; deliveries: readonly ConferenceTold[] },
  nowMs: number,
): Promise<void> {
  let stream: Stream | undefined
  for (const told of deliveries) {
    const { accountId, sequence, conferenceId } = told.event
    const about = {
      ...{ account_id: accountId, sequence, subject: 'conference', subject_id: conferenceId },
      snapshot: JSON.stringify(told),
    }
    stream = await insertDelivery(db, about, { url, renderer: null, options: null })
  }
  if (stream) await makeNextDue(db, stream, nowMs)
}

/** The call's own status callback, and at its beginning and end whoever subscribed to its number. */
async function receiversOf(db: Db, call: CallRecord, { type }: EventDraft): Promise<Receiver[]> {
  const own = call.statusCallback
  const number = numberToldOf(call, type)
  const subscribers = number === undefined ? [] : await subscribersOf(db, call, number)
  return [
    ...(own === null ? [] : [{ url: own, renderer: null, options: null }]),
    ...subscribers.map(({ dialect, url, options }) => ({ url, renderer: dialect, options })),
  ]
}

/** Gives the stream's oldest open delivery a due time, unless it has one. */
async function makeNextDue(db: Db, { subject_id, url, renderer }: Stream, nowMs: number) {
  await db
    .updateTable('deliveries')
    .set({ due_at_ms: nowMs })
    .where('due_at_ms', 'is', null)
    .where('id', '=', (eb) =>
      eb
        .selectFrom('deliveries')
        .select(eb.fn.min<number>('id').as('oldest'))
        .where('subject_id', '=', subject_id)
        .where('dead', '=', 0)
        .where('url', '=', url)
        .where('renderer', 'is not distinct from', renderer),
    )
    .execute()
}

/** The columns of `events` are null where the delivery is not of a call. */
type DueRow = { id: number } & Pick<EventRow, 'account_id' | 'sequence'> & {
    [Column in 'call_id' | 'type' | 'at_ms' | 'data']: EventRow[Column] | null
  } & Pick<
    DeliveryRow,
    'subject' | 'url' | 'host' | 'snapshot' | 'attempts' | 'renderer' | 'options'
  >

/** Fields that a call has got since snapshots were first taken. */
const sinceThen: Pick<CallRecord, 'gathered'> = { gathered: null }

/** Undefined for a row that holds no JSON where it should. */
function readable(row: DueRow): Delivery | undefined {
  try {
    return deliveryOfRow(row)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function deliveryOfRow(row: DueRow): Delivery | undefined {
  const addressed = {
    ...{ id: row.id, url: row.url, host: row.host, renderer: row.renderer },
    options: row.options === null ? null : (JSON.parse(row.options) as unknown),
    attempts: row.attempts,
  }
  if (row.subject === 'conference') {
    return { ...addressed, ...(JSON.parse(row.snapshot) as ConferenceTold) }
  }
  const { account_id, sequence, call_id, type, at_ms, data } = row
  if (call_id === null || type === null || at_ms === null || data === null) return undefined
  return {
    ...addressed,
    event: eventOfRow({ account_id, sequence, call_id, type, at_ms, data }),
    call: { ...sinceThen, ...(JSON.parse(row.snapshot) as CallRecord) },
  }
}
