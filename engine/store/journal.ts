import type { CallRecord } from '../core/call.ts'
import type { EventDraft } from '../core/events.ts'
import {
  type JournalEntry,
  type JournalStatus,
  journalAfter,
  journalIdOf,
  movesJournal,
} from '../core/journal.ts'
import type { JournalFilter, JournalSelection, JournalStore } from '../core/ports/journal.ts'
import { refusingDuplicates } from './duplicates.ts'
import { entryOfRow, rowOfEntry } from './journal-rows.ts'
import { countOf, sliceOf } from './paging.ts'
import type { Db, JournalRow } from './schema.ts'

const columns = {
  businessId: 'business_id',
  staffId: 'staff_id',
  clientId: 'client_id',
  from: 'from_party',
  to: 'to_party',
  direction: 'direction',
  status: 'status',
  sourceId: 'source_id',
  externalId: 'external_id',
} as const satisfies Record<keyof NonNullable<JournalSelection['equals']>, keyof JournalRow>
const timeColumns = { createdAtMs: 'created_at_ms', updatedAtMs: 'updated_at_ms' } as const
const what = 'an entry with this source or external id'

export function journalStore(db: Db): JournalStore {
  const of = (accountId: string) =>
    db.selectFrom('journal').selectAll().where('account_id', '=', accountId)
  return {
    async insert(entry) {
      await refusingDuplicates(what, () =>
        db.insertInto('journal').values(rowOfEntry(entry)).execute(),
      )
    },
    change: (accountId, id, to) =>
      refusingDuplicates(what, () =>
        db.transaction().execute(async (transaction) => {
          const row = await transaction
            .selectFrom('journal')
            .selectAll()
            .where('id', '=', id)
            .where('account_id', '=', accountId)
            .executeTakeFirst()
          if (row === undefined) return undefined
          const before = entryOfRow(row)
          const after = to(before)
          if (after !== before) await save(transaction, after)
          return after
        }),
      ),
    async get(accountId, id) {
      const row = await of(accountId).where('id', '=', id).executeTakeFirst()
      return row && entryOfRow(row)
    },
    async ofSource(accountId, { businessId, sourceId, externalId }) {
      const inBusiness = of(accountId).where('business_id', '=', businessId)
      const rows = [
        await inBusiness.where('source_id', '=', sourceId).executeTakeFirst(),
        await inBusiness.where('external_id', '=', externalId).executeTakeFirst(),
      ].filter((row) => row !== undefined)
      return [...new Map(rows.map((row) => [row.id, entryOfRow(row)])).values()]
    },
    list: (accountId, filter) => listEntries(db, accountId, filter),
    async counts(accountId, selection) {
      if (selection.businesses?.length === 0) return new Map()
      const rows = await matchingEntries(db, accountId, selection)
        .select(['status', (eb) => eb.fn.countAll<number>().as('count')])
        .groupBy('status')
        .execute()
      return new Map(rows.map(({ status, count }) => [status as JournalStatus, Number(count)]))
    },
  }
}

/** What a commit of a call does to its entry, inside the caller's transaction. */
export async function journalCall(
  db: Db,
  call: CallRecord,
  events: readonly EventDraft[],
): Promise<void> {
  if (!events.some(movesJournal)) return
  const row = await db
    .selectFrom('journal')
    .selectAll()
    .where('id', '=', journalIdOf(call.id))
    .executeTakeFirst()
  const entry = journalAfter(row && entryOfRow(row), call, events)
  if (entry === undefined) return
  if (row !== undefined) {
    const { status, handled_by, handled_at_ms, changes, updated_at_ms } = rowOfEntry(entry)
    const moved = { status, handled_by, handled_at_ms, changes, updated_at_ms }
    await db.updateTable('journal').set(moved).where('id', '=', row.id).execute()
    return
  }
  // A business that has used the id of this call for something else must not stop the call.
  await db
    .insertInto('journal')
    .values(rowOfEntry(entry))
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

async function save(db: Db, entry: JournalEntry): Promise<void> {
  const { id, account_id: _, ...rest } = rowOfEntry(entry)
  await db.updateTable('journal').set(rest).where('id', '=', id).execute()
}

async function listEntries(
  db: Db,
  accountId: string,
  filter: JournalFilter,
): Promise<{ entries: JournalEntry[]; total: number }> {
  if (filter.businesses?.length === 0) return { entries: [], total: 0 }
  const matching = matchingEntries(db, accountId, filter)
  const total = await countOf(matching)
  const slice = sliceOf(filter, total)
  if (slice === undefined) return { entries: [], total }
  const order = orderOf(filter)
  const turned = { asc: 'desc', desc: 'asc' } as const
  // The page's ids come from an index alone; only its own rows are then read.
  let ids = matching.select('id')
  // All that there is needs no place in an order: so its filter chooses the index.
  if (slice.limit < total) {
    ids = ids.limit(slice.limit).offset(slice.offset)
    for (const { column, direction } of order) {
      ids = ids.orderBy(column, slice.direction === 'desc' ? direction : turned[direction])
    }
  }
  let page = db.selectFrom('journal').selectAll().where('id', 'in', ids).limit(slice.limit)
  for (const { column, direction } of order) page = page.orderBy(column, direction)
  return { entries: (await page.execute()).map(entryOfRow), total }
}

/** Ends with the id, so that two entries never change places from page to page. */
function orderOf({ sort }: JournalFilter) {
  const wanted = sort.length > 0 ? sort : [{ by: 'updatedAtMs', direction: 'desc' } as const]
  const order = wanted.map(({ by, direction }) => ({ column: timeColumns[by], direction }))
  return [...order, { column: 'id', direction: order.at(-1)?.direction ?? 'desc' } as const]
}

function matchingEntries(db: Db, accountId: string, selection: JournalSelection) {
  const { businesses, equals = {}, times = [] } = selection
  let query = db.selectFrom('journal').where('account_id', '=', accountId)
  if (businesses !== undefined) query = query.where('business_id', 'in', [...businesses])
  for (const [name, value] of Object.entries(equals)) {
    query = query.where(columns[name as keyof typeof columns], '=', value)
  }
  for (const { of, is, atMs } of times) query = query.where(timeColumns[of], is, atMs)
  return query
}
