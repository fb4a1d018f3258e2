import type { CallRecord } from '../core/call.ts'
import type { Clock } from '../core/clock.ts'
import type { AccountId } from '../core/ids.ts'
import type { CallFilter, Store } from '../core/ports/store.ts'
import { callOfRow, rowOfCall } from './call-rows.ts'
import { deviceCalls, liveStatuses } from './device-calls.ts'
import { appendEvents } from './events.ts'
import { journalCall } from './journal.ts'
import { enqueueDeliveries } from './outbox.ts'
import { countOf, sliceOf } from './paging.ts'
import type { Db } from './schema.ts'

export function callStore(
  db: Db,
  clock: Pick<Clock, 'nowMs'>,
  /** Called after each commit that made deliveries, and after each that wrote to the account's log. */
  told: { onDeliveries(): void; onEvents(accountId: AccountId): void },
): Store['calls'] {
  return {
    async commit(call, events) {
      const hasDeliveries = await db.transaction().execute(async (transaction) => {
        await saveCall(transaction, call)
        await journalCall(transaction, call, events)
        const rows = await appendEvents(transaction, call.accountId, events)
        return enqueueDeliveries(transaction, call, events, rows, clock.nowMs())
      })
      if (hasDeliveries) told.onDeliveries()
      if (events.length > 0) told.onEvents(call.accountId)
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
    async list(accountId, filter) {
      const matching = matchingCalls(db, accountId, filter)
      const total = await countOf(matching)
      const slice = sliceOf(filter, total)
      if (slice === undefined) return { calls: [], total }
      // The page's ids come from an index alone; only its own rows are then read.
      const ids = matching
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
    },
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

async function saveCall(db: Db, call: CallRecord): Promise<void> {
  const { id, account_id, ...rest } = rowOfCall(call)
  const { numInsertedOrUpdatedRows: saved } = await db
    .insertInto('calls')
    .values({ id, account_id, ...rest })
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet(rest).where('calls.account_id', '=', account_id),
    )
    .executeTakeFirst()
  if (saved === 0n) throw new Error(`call ${id} belongs to another account`)
}

function matchingCalls(db: Db, accountId: string, filter: CallFilter) {
  const { status, direction, from, to, startAfterMs, startBeforeMs } = filter
  return db
    .selectFrom('calls')
    .where('account_id', '=', accountId)
    .$if(status !== undefined, (query) => query.where('status', '=', status!))
    .$if(direction !== undefined, (query) => query.where('direction', '=', direction!))
    .$if(from !== undefined, (query) => query.where('from_party', '=', from!))
    .$if(to !== undefined, (query) => query.where('to_party', '=', to!))
    .$if(startAfterMs !== undefined, (query) => query.where('begin_ms', '>', startAfterMs!))
    .$if(startBeforeMs !== undefined, (query) => query.where('begin_ms', '<', startBeforeMs!))
}
