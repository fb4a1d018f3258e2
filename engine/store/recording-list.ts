import type { AccountId } from '../core/ids.ts'
import type { RecordingFilter, Recordings } from '../core/ports/recordings.ts'
import { Semaphore } from '../core/semaphore.ts'
import {
  countOf,
  isFew,
  isWithin,
  offsetOf,
  type Span,
  sliceOf,
  spanBetween,
  totalOf,
} from './paging.ts'
import { fits } from './recording-filter.ts'
import { recordingOfRow } from './recording-rows.ts'
import type { Db } from './schema.ts'
import type { Counting, Tallies } from './tallies.ts'

/** Transcripts that are searched at once: everything else goes on in between. */
const searchedAtOnce = 250

interface Found {
  readonly ids: readonly string[]
  readonly total: number
}

/** Pages of recordings, the newest first. */
export function recordingList(db: Db, tallies: Tallies): Recordings['list'] {
  const searches = new Semaphore({ each: 1 })
  return async (accountId, filter) => {
    if (filter.said === undefined) return shown(db, await pageOf(db, tallies, accountId, filter))
    // One search of an account after the other: many at once take no more than one does.
    return shown(db, await searches.run(() => search(db, accountId, filter), accountId))
  }
}

async function shown(db: Db, { ids, total }: Found): ReturnType<Recordings['list']> {
  if (ids.length === 0) return { recordings: [], total }
  const rows = await db
    .selectFrom('recordings')
    .selectAll()
    .where('id', 'in', ids)
    .orderBy('created_at_ms', 'desc')
    .orderBy('id', 'desc')
    .execute()
  return { recordings: rows.map(recordingOfRow), total }
}

const there = (db: Db, accountId: AccountId) =>
  db
    .selectFrom('recordings')
    .where('account_id', '=', accountId)
    .where('deleting_at_ms', 'is', null)

/** By an index alone; from whichever end is nearer. */
async function pageOf(
  db: Db,
  tallies: Tallies,
  accountId: AccountId,
  filter: RecordingFilter,
): Promise<Found> {
  const { madeAfterMs, madeBeforeMs } = filter
  const span = spanBetween(madeAfterMs, madeBeforeMs)
  const parts = await tallies.parts(countingOf(db, accountId, filter), span)
  const total = totalOf(parts)
  const slice = sliceOf(filter, parts)
  if (slice === undefined) return { ids: [], total }
  const rows = await matching(db, accountId, filter, slice.span)
    .select('id')
    .orderBy('created_at_ms', slice.direction)
    .orderBy('id', slice.direction)
    .limit(slice.limit)
    .offset(slice.offset)
    .execute()
  return { ids: rows.map(({ id }) => id), total }
}

/** A call and a conference have few, and an index each; so has a source. */
function countingOf(db: Db, accountId: AccountId, filter: RecordingFilter): Counting {
  const { page: _, pageSize: __, madeAfterMs: ___, madeBeforeMs: ____, ...rest } = filter
  const { callId, conferenceId, source } = rest
  const isOne = callId !== undefined || conferenceId !== undefined
  const ofSource = there(db, accountId).where((eb) =>
    fits(eb, source === undefined ? {} : { source }),
  )
  return {
    accountId,
    key: JSON.stringify(Object.entries(rest).toSorted()),
    isFew: async (most) => isOne || (source !== undefined && isFew(ofSource, most)),
    count: (span) => countOf(matching(db, accountId, filter, span)),
  }
}

/** Those of that time that fit in all else. */
const matching = (
  db: Db,
  accountId: AccountId,
  { madeAfterMs: _, madeBeforeMs: __, ...filter }: RecordingFilter,
  span: Span,
) =>
  there(db, accountId)
    .where((eb) => isWithin(eb.ref('created_at_ms'), span))
    .where((eb) => fits(eb, filter))

/**
 * Every transcript of the time that is asked for is read, a few at once: what is searched for may stand anywhere in it.
 */
async function search(db: Db, accountId: AccountId, filter: RecordingFilter): Promise<Found> {
  const offset = offsetOf(filter)
  const ids: string[] = []
  let total = 0
  for (let last: Looked | undefined; ; ) {
    const rows = await lookAt(db, accountId, filter, last)
    for (const { id, isHit } of rows) {
      if (!isHit) continue
      if (total >= offset && ids.length < filter.pageSize) ids.push(id)
      total += 1
    }
    last = rows.at(-1)
    if (last === undefined || rows.length < searchedAtOnce) return { ids, total }
    await new Promise(setImmediate)
  }
}

interface Looked {
  readonly id: string
  readonly created_at_ms: number
}

/** The next so many that have a text, the newest first, and whether they fit: whatever else is asked for, it is a few rows. */
function lookAt(db: Db, accountId: AccountId, filter: RecordingFilter, last: Looked | undefined) {
  const { madeAfterMs, madeBeforeMs } = filter
  return there(db, accountId)
    .where('transcript', 'is not', null)
    .$if(madeAfterMs !== undefined, (query) => query.where('created_at_ms', '>', madeAfterMs ?? 0))
    .$if(madeBeforeMs !== undefined, (query) =>
      query.where('created_at_ms', '<', madeBeforeMs ?? 0),
    )
    .$if(last !== undefined, (query) =>
      query.where((eb) =>
        eb(
          eb.refTuple('created_at_ms', 'id'),
          '<',
          eb.tuple(last?.created_at_ms ?? 0, last?.id ?? ''),
        ),
      ),
    )
    .select(['id', 'created_at_ms'])
    .select((eb) => eb.case().when(fits(eb, filter)).then(1).else(0).end().as('isHit'))
    .orderBy('created_at_ms', 'desc')
    .orderBy('id', 'desc')
    .limit(searchedAtOnce)
    .execute()
}
