import { sql } from 'kysely'
import type { CallRecord } from '../core/call.ts'
import type { EventDraft } from '../core/events.ts'
import type { AccountId, CallId, JournalId } from '../core/ids.ts'
import {
  type JournalEntry,
  type JournalStatus,
  journalAfter,
  journalIdOf,
  journalStatuses,
  movesJournal,
  withVoicemail,
} from '../core/journal.ts'
import type {
  JournalFilter,
  JournalSelection,
  JournalStore,
  JournalTime,
} from '../core/ports/journal.ts'
import { refusingDuplicates } from './duplicates.ts'
import { entryOfRow, rowOfEntry } from './journal-rows.ts'
import { JournalTallies, type JournalTimes } from './journal-tallies.ts'
import {
  always,
  countOf,
  isFew,
  isWithin,
  type Part,
  type Span,
  sliceOf,
  totalOf,
} from './paging.ts'
import type { Db, JournalRow } from './schema.ts'
import type { Counting } from './tallies.ts'

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
/** Fewer are sorted sooner than found in order among all. */
const fewToSort = 2_000
const what = 'an entry with this source or external id'

export function journalStore(db: Db, tallies = new JournalTallies(db)): JournalStore {
  const of = (accountId: string) =>
    db.selectFrom('journal').selectAll().where('account_id', '=', accountId)
  return {
    async insert(entry) {
      const inserted = refusingDuplicates(what, () =>
        db.insertInto('journal').values(rowOfEntry(entry)).execute(),
      )
      await tallies.told(entry.accountId, inserted, () => [entry])
    },
    async change(accountId, id, to) {
      const changed = refusingDuplicates(what, () =>
        db.transaction().execute((transaction) => changeEntry(transaction, accountId, id, to)),
      )
      const [, after] = await tallies.told(accountId, changed, (entries) => entries)
      return after
    },
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
    list: (accountId, filter) => listEntries(db, tallies, accountId, filter),
    counts: (accountId, selection) => countEntries(db, tallies, accountId, selection),
  }
}

/** As it was and as it is; nothing when it is not there. */
async function changeEntry(
  db: Db,
  accountId: AccountId,
  id: JournalId,
  to: (entry: JournalEntry) => JournalEntry,
): Promise<[] | [JournalEntry, JournalEntry]> {
  const row = await db
    .selectFrom('journal')
    .selectAll()
    .where('id', '=', id)
    .where('account_id', '=', accountId)
    .executeTakeFirst()
  if (row === undefined) return []
  const before = entryOfRow(row)
  const after = to(before)
  if (after !== before) await save(db, after)
  return [before, after]
}

/** What a commit of a call does to its entry, inside the caller's transaction: the entry as it was and as it is. */
export async function journalCall(
  db: Db,
  call: CallRecord,
  events: readonly EventDraft[],
): Promise<readonly JournalTimes[]> {
  if (!events.some(movesJournal)) return []
  const row = await db
    .selectFrom('journal')
    .selectAll()
    .where('id', '=', journalIdOf(call.id))
    .executeTakeFirst()
  const before = row && entryOfRow(row)
  const entry = journalAfter(before, call, events)
  if (entry === undefined) return []
  if (row !== undefined) {
    const { status, handled_by, handled_at_ms, changes, updated_at_ms } = rowOfEntry(entry)
    const moved = { status, handled_by, handled_at_ms, changes, updated_at_ms }
    await db.updateTable('journal').set(moved).where('id', '=', row.id).execute()
    return before === undefined ? [entry] : [before, entry]
  }
  // A business that has used the id of this call for something else must not stop the call.
  await db
    .insertInto('journal')
    .values(rowOfEntry(entry))
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  return [entry]
}

/** The same of a message that was left for the entry of its call. */
export const journalVoicemail = (
  db: Db,
  accountId: AccountId,
  callId: CallId,
  atMs: number,
): Promise<readonly JournalTimes[]> =>
  changeEntry(db, accountId, journalIdOf(callId), (entry) => withVoicemail(entry, atMs))

async function save(db: Db, entry: JournalEntry): Promise<void> {
  const { id, account_id: _, ...rest } = rowOfEntry(entry)
  await db.updateTable('journal').set(rest).where('id', '=', id).execute()
}

async function listEntries(
  db: Db,
  tallies: JournalTallies,
  accountId: AccountId,
  filter: JournalFilter,
): Promise<{ entries: JournalEntry[]; total: number }> {
  const [{ by, direction: end }] = sortOf(filter)
  const counted = await partsOf(db, tallies, accountId, filter, by)
  const total = totalOf(counted.parts)
  // Parts by the other time say nothing of where a page lies.
  const parts = counted.by === by ? counted.parts : [{ ...always, count: total }]
  const slice = sliceOf(filter, parts, end === 'desc' ? 'newest' : 'oldest')
  if (slice === undefined) return { entries: [], total }
  const places = orderOf(filter)
  const turned = { asc: 'desc', desc: 'asc' } as const
  const spans = { ...spansOf(filter), ...(counted.by === by && { [by]: slice.span }) }
  // The page's ids come from an index alone; only its own rows are then read.
  // Many would have to be sorted for each page: they are read in order then, by the index that has it.
  const order = total > fewToSort ? by : undefined
  let ids = matchingEntries(db, accountId, filter, spans, order).select('id')
  // All that there is needs no place in an order: so its filter chooses the index.
  if (slice.limit < total) {
    ids = ids.limit(slice.limit).offset(slice.offset)
    for (const { column, direction } of places) {
      ids = ids.orderBy(column, slice.direction === end ? direction : turned[direction])
    }
  }
  let page = db.selectFrom('journal').selectAll().where('id', 'in', ids).limit(slice.limit)
  for (const { column, direction } of places) page = page.orderBy(column, direction)
  return { entries: (await page.execute()).map(entryOfRow), total }
}

/** One count for each status, of which each is kept: to group all entries by it takes longer the more there are. */
async function countEntries(
  db: Db,
  tallies: JournalTallies,
  accountId: AccountId,
  selection: JournalSelection,
): Promise<Map<JournalStatus, number>> {
  const { equals = {} } = selection
  const counts = new Map<JournalStatus, number>()
  for (const status of equals.status === undefined ? journalStatuses : [equals.status]) {
    const some = { ...selection, equals: { ...equals, status } }
    const total = totalOf((await partsOf(db, tallies, accountId, some, 'updatedAtMs')).parts)
    if (total > 0) counts.set(status, total)
  }
  return counts
}

/** How many there are in parts by that time; by the other one if it alone is bounded, for it says more. */
async function partsOf(
  db: Db,
  tallies: JournalTallies,
  accountId: AccountId,
  selection: JournalSelection,
  wanted: JournalTime,
): Promise<{ by: JournalTime; parts: readonly Part[] }> {
  const spans = spansOf(selection)
  if (selection.businesses?.length === 0) return { by: wanted, parts: [] }
  if (spans.createdAtMs !== always && spans.updatedAtMs !== always) {
    const count = await countOf(matchingEntries(db, accountId, selection, spans))
    return { by: wanted, parts: [{ ...spans[wanted], count }] }
  }
  const other = wanted === 'createdAtMs' ? 'updatedAtMs' : 'createdAtMs'
  const by = spans[other] === always ? wanted : other
  const counting = countingOf(db, accountId, selection, by)
  return { by, parts: await tallies[by].parts(counting, spans[by]) }
}

/** What came from elsewhere, and a business, are found by an index of theirs. */
function countingOf(
  db: Db,
  accountId: AccountId,
  selection: JournalSelection,
  by: JournalTime,
): Counting {
  const { businesses, equals = {} } = selection
  const isOne = equals.sourceId !== undefined || equals.externalId !== undefined
  const ofBusinesses = matchingEntries(db, accountId, { businesses }, {})
  return {
    accountId,
    key: JSON.stringify([businesses?.toSorted(), Object.entries(equals).toSorted()]),
    isFew: async (most) => isOne || (businesses !== undefined && isFew(ofBusinesses, most)),
    count: (span) => countOf(matchingEntries(db, accountId, selection, { [by]: span })),
  }
}

/** What is asked for of each time; `always` where nothing is. */
function spansOf({ times = [] }: JournalSelection): Record<JournalTime, Span> {
  const spans = { createdAtMs: always, updatedAtMs: always }
  for (const { of, is, atMs } of times) {
    const { fromMs, beforeMs } = spans[of]
    spans[of] = is.startsWith('>')
      ? { beforeMs, fromMs: Math.max(fromMs, is === '>' ? Math.floor(atMs) + 1 : Math.ceil(atMs)) }
      : {
          fromMs,
          beforeMs: Math.min(beforeMs, is === '<' ? Math.ceil(atMs) : Math.floor(atMs) + 1),
        }
  }
  return spans
}

const sortOf = ({
  sort: [first = { by: 'updatedAtMs', direction: 'desc' }, ...others],
}: JournalFilter): [JournalFilter['sort'][number], ...JournalFilter['sort']] => [first, ...others]

/** Ends with the id, so that two entries never change places from page to page. */
function orderOf(filter: JournalFilter) {
  const order = sortOf(filter).map(({ by, direction }) => ({ column: timeColumns[by], direction }))
  return [...order, { column: 'id', direction: order.at(-1)?.direction ?? 'desc' } as const]
}

/** Those of these times that fit in all else; `order`: the time by whose index they are to be found. */
function matchingEntries(
  db: Db,
  accountId: string,
  { businesses, equals = {} }: JournalSelection,
  spans: Partial<Record<JournalTime, Span>>,
  order?: JournalTime,
) {
  let query = db.selectFrom('journal').where('account_id', '=', accountId)
  if (businesses !== undefined) query = query.where('business_id', 'in', [...businesses])
  for (const [name, value] of Object.entries(equals)) {
    query = query.where(columns[name as keyof typeof columns], '=', value)
  }
  for (const [of, span] of Object.entries(spans)) {
    const column = sql.ref<number>(timeColumns[of as JournalTime])
    const time = order === undefined || order === of ? column : sql<number>`+${column}`
    query = query.where(isWithin(time, span))
  }
  return query
}
