import type { Clock } from '../../core/clock.ts'
import type { AccountId } from '../../core/ids.ts'
import { reRatingLines } from '../../core/money/ledger.ts'
import type { CallRecordStore, RecordFilter } from '../../core/ports/money.ts'
import { callOfRow } from '../call-rows.ts'
import { liveStatuses } from '../device-calls.ts'
import type { Db } from '../schema.ts'
import { post } from './post.ts'

export function callRecordStore(db: Db, clock: Pick<Clock, 'nowMs'>): CallRecordStore {
  return {
    async list(id, filter) {
      const { order } = filter
      // The ids come from an index alone; only the rows of this page are then read.
      const ids = matching(db, id, filter)
        .select('id')
        .orderBy('begin_ms', order)
        .orderBy('id', order)
        .limit(filter.limit)
      const rows = await db
        .selectFrom('calls')
        .selectAll()
        .where('id', 'in', ids)
        .orderBy('begin_ms', order)
        .orderBy('id', order)
        .execute()
      return rows.map(callOfRow)
    },
    rerate: (accountId, change) =>
      db.transaction().execute(async (transaction) => {
        // The account's row first, as every commit does.
        await transaction
          .updateTable('money_accounts')
          .set((eb) => ({ last_entry: eb.ref('last_entry') }))
          .where('account_id', '=', accountId)
          .execute()
        const call = await transaction
          .selectFrom('calls')
          .select('cost_micro')
          .where('id', '=', change.callId)
          .where('account_id', '=', accountId)
          .executeTakeFirst()
        if (call === undefined) return
        const moreMicro = change.costMicro - (call.cost_micro ?? 0)
        if (moreMicro !== 0) {
          const { callId, note } = change
          const draft = { kind: 're-rating', callId, note } as const
          await post(transaction, {
            ...{ accountId, nowMs: clock.nowMs(), mayOwe: true },
            draft: { ...draft, lines: reRatingLines(moreMicro) },
          })
        }
        await transaction
          .updateTable('calls')
          .set({
            cost_micro: change.costMicro,
            billed_seconds: change.billedSeconds,
            rate: JSON.stringify(change.rate),
          })
          .where('id', '=', change.callId)
          .execute()
      }),
  }
}

/** A list that filters by one of these goes by the index that begins with it. */
function matching(db: Db, accountId: AccountId, filter: RecordFilter) {
  const { direction, status, from, to, fromMs, toMs, after, order } = filter
  const beyond = order === 'asc' ? '>' : '<'
  return (
    db
      .selectFrom('calls')
      .where('account_id', '=', accountId)
      .$if(status !== undefined, (query) => query.where('status', '=', status ?? ''))
      // Not those that are final: the list of them would be gone through one by one, and then sorted.
      .$if(status === undefined, (query) => query.where('status', 'not in', [...liveStatuses]))
      .$if(direction !== undefined, (query) => query.where('direction', '=', direction ?? ''))
      .$if(from !== undefined, (query) => query.where('from_party', '=', from ?? ''))
      .$if(to !== undefined, (query) => query.where('to_party', '=', to ?? ''))
      .$if(fromMs !== undefined, (query) => query.where('begin_ms', '>=', fromMs ?? 0))
      .$if(toMs !== undefined, (query) => query.where('begin_ms', '<', toMs ?? 0))
      .$if(after !== undefined, (query) =>
        query
          // Says the same as the rest less exactly: with it the index is entered at the right place.
          .where('begin_ms', order === 'asc' ? '>=' : '<=', after?.beginMs ?? 0)
          .where((eb) =>
            eb.or([
              eb('begin_ms', beyond, after?.beginMs ?? 0),
              eb.and([eb('begin_ms', '=', after?.beginMs ?? 0), eb('id', beyond, after?.id ?? '')]),
            ]),
          ),
      )
  )
}
