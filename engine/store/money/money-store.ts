import type { Clock } from '../../core/clock.ts'
import { Failure } from '../../core/failures.ts'
import type { AccountId, CallId } from '../../core/ids.ts'
import {
  type Book,
  type Entry,
  type EntryKind,
  floorMicro,
  lowestAbove,
  type MoneyAccount,
  type MoneySettings,
  noMoney,
} from '../../core/money/ledger.ts'
import type { MoneyStore } from '../../core/ports/money.ts'
import type { Db } from '../schema.ts'
import { moneyRow, post } from './post.ts'
import type { EntryRow, LineRow, MoneyAccountRow } from './rows.ts'
import { lastBefore, statementSums } from './statements.ts'

export function moneyStore(
  db: Db,
  clock: Pick<Clock, 'nowMs'>,
  /** Called after each commit that wrote to an account's log. */
  onEvents: (accountId: AccountId) => void,
): MoneyStore {
  return {
    async account(id) {
      const row = await moneyRow(db, id)
      return row ? accountOfRow(row) : { ...noMoney, accountId: id }
    },
    configure: (id, settings) =>
      db.transaction().execute((transaction) => configure(transaction, id, settings)),
    async book(accountId, draft, { mayOwe = false } = {}) {
      const done = await db.transaction().execute(async (transaction) => {
        // Whoever asks for the same at the same time waits here.
        await lock(transaction, accountId)
        const before =
          draft.reference && (await byReference(transaction, accountId, draft.reference))
        if (before) return { row: before, told: false, isNew: false }
        const nowMs = clock.nowMs()
        const posted = await post(transaction, { accountId, draft, nowMs, mayOwe })
        if (posted) return { ...posted, isNew: true }
        throw new Failure('not_found', 'the account has no money: say first how it pays')
      })
      if (done.told) onEvents(accountId)
      const [entry] = await withLines(db, [done.row])
      if (!entry) throw new Error('an entry that was written is not there')
      return { entry, isNew: done.isNew }
    },
    entries: (id, filter) => entriesOf(db, id, filter),
    statement: (id, fromMs, toMs) => statementSums(db, id, fromMs, toMs),
    async totals() {
      const all = await db
        .selectFrom('ledger_lines')
        .select((eb) => eb.fn.sum<number | null>('micro').as('sum'))
        .executeTakeFirst()
      const held = await db
        .selectFrom('ledger_lines')
        .select((eb) => eb.fn.sum<number | null>('micro').as('sum'))
        .where('book', '=', 'held')
        .executeTakeFirst()
      return { allMicro: Number(all?.sum ?? 0), heldMicro: Number(held?.sum ?? 0) }
    },
  }
}

async function lock(db: Db, accountId: AccountId): Promise<void> {
  await db
    .updateTable('money_accounts')
    .set((eb) => ({ last_entry: eb.ref('last_entry') }))
    .where('account_id', '=', accountId)
    .execute()
}

async function configure(db: Db, id: AccountId, settings: MoneySettings): Promise<MoneyAccount> {
  await lock(db, id)
  const before = await moneyRow(db, id)
  if (before && before.currency !== settings.currency && before.last_entry > 0) {
    const text = `the account's ledger is in ${before.currency}`
    throw new Failure('invalid_request', text, 'currency')
  }
  const balanceMicro = before?.balance_micro ?? 0
  const changed = {
    billing: settings.billing,
    currency: settings.currency,
    credit_limit_micro: settings.creditLimitMicro,
    floor_micro: floorMicro(settings),
    low_balance: JSON.stringify(settings.lowBalanceMicro),
    told_micro: lowestAbove(settings.lowBalanceMicro, balanceMicro) ?? null,
    deck_id: settings.deck,
  }
  const fresh = {
    ...{ account_id: id, balance_micro: 0, held_micro: 0, last_entry: 0, last_at_ms: 0 },
    ...changed,
  }
  const row = await db
    .insertInto('money_accounts')
    .values(fresh)
    .onConflict((conflict) => conflict.column('account_id').doUpdateSet(changed))
    .returningAll()
    .executeTakeFirstOrThrow()
  return accountOfRow(row)
}

const accountOfRow = (row: MoneyAccountRow): MoneyAccount => ({
  accountId: row.account_id as AccountId,
  billing: row.billing as MoneyAccount['billing'],
  currency: row.currency,
  creditLimitMicro: row.credit_limit_micro,
  lowBalanceMicro: JSON.parse(row.low_balance) as number[],
  deck: row.deck_id,
  balanceMicro: row.balance_micro,
  heldMicro: row.held_micro,
})

const byReference = (
  db: Db,
  accountId: AccountId,
  reference: string,
): Promise<EntryRow | undefined> =>
  db
    .selectFrom('ledger_entries')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('reference', '=', reference)
    .executeTakeFirst()

async function entriesOf(
  db: Db,
  id: AccountId,
  {
    after,
    order = 'asc',
    limit,
    fromMs,
    toMs,
    callId,
    kinds,
  }: Parameters<MoneyStore['entries']>[1],
): Promise<Entry[]> {
  // Times grow with the numbers, and an index is read by one of them.
  const first = fromMs === undefined ? 0 : (await lastBefore(db, id, fromMs)).sequence
  const last = toMs === undefined ? undefined : (await lastBefore(db, id, toMs)).sequence
  const isUp = order === 'asc'
  const fitting = db
    .selectFrom('ledger_entries')
    .selectAll()
    .where('account_id', '=', id)
    .where('sequence', '>', isUp ? Math.max(after, first) : first)
    .$if(!isUp && after > 0, (query) => query.where('sequence', '<', after))
    .$if(last !== undefined, (query) => query.where('sequence', '<=', last ?? 0))
    .orderBy('sequence', order)
  if (callId !== undefined) {
    // They are few, and have an index of their own.
    const rows = await fitting.where('call_id', '=', callId).execute()
    const wanted = rows.filter(({ kind }) => kinds?.includes(kind as EntryKind) ?? true)
    return withLines(db, wanted.slice(0, limit))
  }
  if (kinds === undefined) return withLines(db, await fitting.limit(limit).execute())
  // Kind by kind, each in the order of its index.
  const found: EntryRow[] = []
  for (const kind of new Set(kinds))
    found.push(...(await fitting.where('kind', '=', kind).limit(limit).execute()))
  found.sort((one, other) => (one.sequence - other.sequence) * (isUp ? 1 : -1))
  return withLines(db, found.slice(0, limit))
}

/** Entries of one account with what stands in them. */
async function withLines(db: Db, rows: readonly EntryRow[]): Promise<Entry[]> {
  const [first] = rows
  if (first === undefined) return []
  const lines = await db
    .selectFrom('ledger_lines')
    .selectAll()
    .where('account_id', '=', first.account_id)
    .where(
      'sequence',
      'in',
      rows.map(({ sequence }) => sequence),
    )
    .execute()
  const bySequence = Map.groupBy(lines, ({ sequence }) => sequence)
  return rows.map((row) => entryOf(row, bySequence.get(row.sequence) ?? []))
}

const entryOf = (row: EntryRow, lines: readonly LineRow[]): Entry => ({
  accountId: row.account_id as AccountId,
  sequence: row.sequence,
  atMs: row.at_ms,
  kind: row.kind as EntryKind,
  lines: lines.map(({ book, micro }) => ({ book: book as Book, micro })),
  balanceMicro: row.balance_micro,
  heldMicro: row.held_micro,
  ...(row.call_id === null ? {} : { callId: row.call_id as CallId }),
  ...(row.reference === null ? {} : { reference: row.reference }),
  ...(row.note === null ? {} : { note: row.note }),
})
