import { sql } from 'kysely'
import type { AccountId } from '../core/ids.ts'
import type { BacklogBounds, BacklogCut } from '../core/ports/webhooks.ts'
import { appendAccountEvents } from './events.ts'
import type { Db } from './schema.ts'
import { makeNextDue, settledOptions } from './streams.ts'

/**
 * Gives up the oldest deliveries of accounts for which too many wait, and removes the oldest that were given up, each
 * account `atOnce` at most. Those go that wait for the receiver for which most do: whoever is well keeps his.
 */
export async function cutBacklog(
  db: Db,
  bounds: BacklogBounds,
  nowMs: number,
): Promise<BacklogCut[]> {
  const cuts: BacklogCut[] = []
  for (let last = await accountAfter(db, ''); last !== undefined; ) {
    const accountId = last as AccountId
    const cut = await cutOpen(db, accountId, bounds, nowMs)
    const removed = await removeDead(db, accountId, bounds)
    if (cut !== undefined || removed > 0) {
      cuts.push({ accountId, host: '', givenUp: 0, ...cut, removed })
    }
    // Calls go on meanwhile.
    await new Promise(setImmediate)
    last = await accountAfter(db, last)
  }
  return cuts
}

/** The next account that has deliveries: one step in an index. */
async function accountAfter(db: Db, before: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('deliveries')
    .select('account_id')
    .where('account_id', '>', before)
    .orderBy('account_id')
    .limit(1)
    .executeTakeFirst()
  return row?.account_id
}

/** Of the account's deliveries in that state, the newest that is beyond the bound. */
async function newestBeyond(
  db: Db,
  accountId: AccountId,
  state: string,
  most: number,
): Promise<number | undefined> {
  const row = await db
    .selectFrom('deliveries')
    .select('id')
    .where('account_id', '=', accountId)
    .where('state', '=', state)
    .orderBy('id', 'desc')
    .limit(1)
    .offset(most)
    .executeTakeFirst()
  return row?.id
}

async function removeDead(
  db: Db,
  accountId: AccountId,
  { mostDead, atOnce }: BacklogBounds,
): Promise<number> {
  const newest = await newestBeyond(db, accountId, 'dead', mostDead)
  if (newest === undefined) return 0
  const old = db
    .selectFrom('deliveries')
    .select('id')
    .where('account_id', '=', accountId)
    .where('state', '=', 'dead')
    .where('id', '<=', newest)
    .orderBy('id')
    .limit(atOnce)
  const { numDeletedRows } = await db
    .deleteFrom('deliveries')
    .where('id', 'in', old)
    .executeTakeFirst()
  return Number(numDeletedRows)
}

type CutOpen = Pick<BacklogCut, 'host' | 'givenUp'>

async function cutOpen(
  db: Db,
  accountId: AccountId,
  bounds: BacklogBounds,
  nowMs: number,
): Promise<CutOpen | undefined> {
  if ((await newestBeyond(db, accountId, 'open', bounds.mostOpen)) === undefined) return undefined
  return db.transaction().execute(async (transaction) => {
    const { host, waiting, over } = await fullest(transaction, accountId, bounds.mostOpen)
    if (host === undefined || over <= 0) return undefined
    const error = `more than ${bounds.mostOpen} deliveries of the account waited, most of them for ${host}`
    const rows = await giveUpOldest(transaction, accountId, host, {
      ...{ error, nowMs, limit: Math.min(over, bounds.atOnce) },
    })
    const givenUp = rows.length
    const data = { host, givenUp, waiting: waiting - givenUp, most: bounds.mostOpen }
    const draft = { type: 'webhook.backlog-full', atMs: nowMs, data } as const
    await appendAccountEvents(transaction, accountId, [draft])
    await makeNextDue(transaction, new Set(rows.map(({ stream }) => stream)), nowMs)
    return { host, givenUp }
  })
}

/** The receiver for which most wait, how many, and how many of all are too many. */
async function fullest(db: Db, accountId: AccountId, mostOpen: number) {
  // `open` is written out, so that the index of what is open serves it.
  const receivers = await db
    .selectFrom('deliveries')
    .select('host')
    .select((eb) => eb.fn.countAll<number>().as('waiting'))
    .where('account_id', '=', accountId)
    .where(sql<boolean>`state = 'open'`)
    .groupBy('host')
    .execute()
  const counted = receivers.map(({ host, waiting }) => ({ host, waiting: Number(waiting) }))
  const total = counted.reduce((sum, { waiting }) => sum + waiting, 0)
  const [first] = counted.toSorted((one, other) => other.waiting - one.waiting)
  return { host: first?.host, waiting: first?.waiting ?? 0, over: total - mostOpen }
}

async function giveUpOldest(
  db: Db,
  accountId: AccountId,
  host: string,
  { error, nowMs, limit }: { error: string; nowMs: number; limit: number },
): Promise<{ stream: string }[]> {
  const oldest = db
    .selectFrom('deliveries')
    .select('id')
    .where('account_id', '=', accountId)
    .where('host', '=', host)
    .where(sql<boolean>`state = 'open'`)
    .orderBy('id')
    .limit(limit)
  return db
    .updateTable('deliveries')
    .set({ state: 'dead', due_at_ms: null, settled_at_ms: nowMs, last_error: error })
    .set({ options: settledOptions })
    .where('id', 'in', oldest)
    .returning('stream')
    .execute()
}
