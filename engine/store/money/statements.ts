import type { AccountId } from '../../core/ids.ts'
import type { EntryKind } from '../../core/money/ledger.ts'
import type { Standing, StatementSums } from '../../core/ports/money.ts'
import type { Db } from '../schema.ts'

/** Entries that are added up at once: calls go on meanwhile. */
const addedAtOnce = 5_000

interface KindSum {
  count: number
  micro: number
}

/** What was booked in a period, and what there was at its ends. */
export async function statementSums(
  db: Db,
  id: AccountId,
  fromMs: number,
  toMs: number,
): Promise<StatementSums> {
  const opening = await lastBefore(db, id, fromMs)
  const closing = await lastBefore(db, id, toMs)
  const sums = new Map<EntryKind, KindSum>()
  // Nothing that is booked meanwhile: what is added up leads from the one to the other.
  for (let after = opening.sequence; after < closing.sequence; after += addedAtOnce) {
    const through = Math.min(closing.sequence, after + addedAtOnce)
    await addUp(db, { id, after, through }, sums)
    await new Promise(setImmediate)
  }
  const kinds = [...sums].map(([kind, sum]) => ({ kind, ...sum }))
  kinds.sort((one, other) => (one.kind < other.kind ? -1 : 1))
  return { opening: standingOf(opening), closing: standingOf(closing), kinds }
}

async function addUp(
  db: Db,
  { id, after, through }: { id: AccountId; after: number; through: number },
  sums: Map<EntryKind, KindSum>,
): Promise<void> {
  const rows = await db
    .selectFrom('ledger_entries as entry')
    .innerJoin('ledger_lines as line', (join) =>
      join
        .onRef('line.account_id', '=', 'entry.account_id')
        .onRef('line.sequence', '=', 'entry.sequence'),
    )
    .where('entry.account_id', '=', id)
    .where('entry.sequence', '>', after)
    .where('entry.sequence', '<=', through)
    .where('line.book', 'in', ['balance', 'held'])
    .groupBy('entry.kind')
    .select('entry.kind')
    .select((eb) => eb.fn.count<number>('entry.sequence').distinct().as('count'))
    .select((eb) => eb.fn.sum<number>('line.micro').as('micro'))
    .execute()
  for (const { kind, count, micro } of rows) {
    const before = sums.get(kind as EntryKind) ?? { count: 0, micro: 0 }
    sums.set(kind as EntryKind, {
      count: before.count + Number(count),
      micro: before.micro + Number(micro),
    })
  }
}

interface LastEntry {
  readonly sequence: number
  readonly balance_micro: number
  readonly held_micro: number
}

/** The last entry before that time, and what it left; times grow with the numbers. */
export async function lastBefore(db: Db, id: AccountId, atMs: number): Promise<LastEntry> {
  const row = await db
    .selectFrom('ledger_entries')
    .select(['sequence', 'balance_micro', 'held_micro'])
    .where('account_id', '=', id)
    .where('at_ms', '<', atMs)
    .orderBy('at_ms', 'desc')
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row ?? { sequence: 0, balance_micro: 0, held_micro: 0 }
}

const standingOf = (entry: LastEntry): Standing => ({
  balanceMicro: entry.balance_micro,
  heldMicro: entry.held_micro,
})
