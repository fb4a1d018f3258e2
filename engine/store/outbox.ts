import type { CallRecord } from '../core/call.ts'
import type { Clock } from '../core/clock.ts'
import type { EventDraft } from '../core/events.ts'
import type { AccountId, CallId } from '../core/ids.ts'
import type { Delivery, Store } from '../core/ports/store.ts'
import { appendEvents, eventOfRow } from './events.ts'
import type { Db, DeliveryRow, EventRow } from './schema.ts'
import { callAtEvent, isStatusEvent } from './snapshot.ts'

/**
 * Only the oldest open delivery of a call has a due time; the next gets one when it is gone. So order is
 * kept by the data themselves, and what is due is one range of an index.
 */
export function outboxStore(
  db: Db,
  clock: Pick<Clock, 'nowMs'>,
  listeners: Set<() => void>,
): Store['outbox'] {
  return {
    async due(nowMs, limit, skip = {}) {
      const ids = [...(skip.ids ?? [])]
      const hosts = [...(skip.hosts ?? [])]
      const rows = await db
        .selectFrom('deliveries')
        .innerJoin('events', (join) =>
          join
            .onRef('events.account_id', '=', 'deliveries.account_id')
            .onRef('events.sequence', '=', 'deliveries.sequence'),
        )
        .selectAll('events')
        .select(['deliveries.id', 'deliveries.url', 'deliveries.host'])
        .select(['deliveries.call_snapshot', 'deliveries.attempts'])
        .where('deliveries.due_at_ms', '<=', nowMs)
        .$if(ids.length > 0, (query) => query.where('deliveries.id', 'not in', ids))
        .$if(hosts.length > 0, (query) => query.where('deliveries.host', 'not in', hosts))
        .orderBy('deliveries.due_at_ms')
        .orderBy('deliveries.id')
        .limit(limit)
        .execute()
      return rows.map(deliveryOfRow)
    },
    async delivered(id) {
      await db.transaction().execute(async (transaction) => {
        const row = await transaction
          .deleteFrom('deliveries')
          .where('id', '=', id)
          .returning('call_id')
          .executeTakeFirst()
        if (row !== undefined) await makeNextDue(transaction, row.call_id, clock.nowMs())
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

async function bury(db: Db, id: number, error: string, nowMs: number): Promise<void> {
  const row = await db
    .updateTable('deliveries')
    .set((eb) => ({
      dead: 1,
      due_at_ms: null,
      attempts: eb('attempts', '+', 1),
      last_error: error,
    }))
    .where('id', '=', id)
    .where('dead', '=', 0)
    .returning(['call_id', 'account_id', 'sequence', 'attempts'])
    .executeTakeFirst()
  if (row === undefined) return
  const failed: EventDraft = {
    type: 'webhook.failed',
    callId: row.call_id as CallId,
    atMs: nowMs,
    data: { sequence: row.sequence, attempts: row.attempts, error },
  }
  await appendEvents(db, row.account_id as AccountId, [failed])
  await makeNextDue(db, row.call_id, nowMs)
}

/** Makes a delivery of each `call.*` event, inside the caller's transaction; tells whether it made any. */
export async function enqueueDeliveries(
  db: Db,
  call: CallRecord,
  drafts: readonly EventDraft[],
  rows: readonly EventRow[],
  nowMs: number,
): Promise<boolean> {
  const url = call.statusCallback
  if (url === null || !drafts.some(isStatusEvent)) return false
  for (const [index, draft] of drafts.entries()) {
    const row = rows[index]
    if (row === undefined || !isStatusEvent(draft)) continue
    const delivery = {
      account_id: row.account_id,
      sequence: row.sequence,
      call_id: call.id,
      url,
      host: URL.parse(url)?.host ?? '',
      call_snapshot: JSON.stringify(callAtEvent(call, draft)),
      attempts: 0,
      due_at_ms: null,
      dead: 0,
      last_error: null,
    }
    await db.insertInto('deliveries').values(delivery).execute()
  }
  await makeNextDue(db, call.id, nowMs)
  return true
}

/** Gives the call's oldest open delivery a due time, unless it has one. */
async function makeNextDue(db: Db, callId: string, nowMs: number): Promise<void> {
  await db
    .updateTable('deliveries')
    .set({ due_at_ms: nowMs })
    .where('due_at_ms', 'is', null)
    .where('id', '=', (eb) =>
      eb
        .selectFrom('deliveries')
        .select(eb.fn.min<number>('id').as('oldest'))
        .where('call_id', '=', callId)
        .where('dead', '=', 0),
    )
    .execute()
}

type JoinedRow = EventRow & Pick<DeliveryRow, 'url' | 'host' | 'call_snapshot' | 'attempts'>

const deliveryOfRow = (row: JoinedRow & { id: number }): Delivery => ({
  id: row.id,
  event: eventOfRow(row),
  call: JSON.parse(row.call_snapshot) as CallRecord,
  url: row.url,
  host: row.host,
  attempts: row.attempts,
})
