import type { CallEvent, CallEventType, EventDraft } from '../core/events.ts'
import type { AccountId, CallId } from '../core/ids.ts'
import type { Store } from '../core/ports/store.ts'
import type { Db, EventRow } from './schema.ts'

export function eventStore(db: Db): Store['events'] {
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
      const rows = await db
        .selectFrom('events')
        .selectAll()
        .where('account_id', '=', accountId)
        .where('sequence', '>', sequence)
        .orderBy('sequence')
        .limit(limit)
        .execute()
      return rows.map(eventOfRow)
    },
  }
}

/**
 * Appends to the account's log inside the caller's transaction. The update locks the account's counter,
 * so that numbers have no gaps and no twins however many write at once.
 */
export async function appendEvents(
  db: Db,
  accountId: AccountId,
  drafts: readonly EventDraft[],
): Promise<EventRow[]> {
  if (drafts.length === 0) return []
  const { last_sequence: last } = await db
    .updateTable('accounts')
    .set((eb) => ({ last_sequence: eb('last_sequence', '+', drafts.length) }))
    .where('id', '=', accountId)
    .returning('last_sequence')
    .executeTakeFirstOrThrow()
  const first = last - drafts.length + 1
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
