import { Failure, InsufficientCredits } from '../../core/failures.ts'
import type { AccountId } from '../../core/ids.ts'
import {
  type EntryDraft,
  lowestAbove,
  newlyBelow,
  requireBalanced,
  sumIn,
} from '../../core/money/ledger.ts'
import { appendAccountEvents } from '../events.ts'
import type { Db } from '../schema.ts'
import type { EntryRow, MoneyAccountRow } from './rows.ts'

interface Posting {
  readonly accountId: AccountId
  readonly draft: EntryDraft
  readonly nowMs: number
  /** The balance may go below its limit. */
  readonly mayOwe?: boolean
  /** More that has to be there, though it is not taken. */
  readonly coverMicro?: number
}

/**
 * Books an entry inside the caller's transaction. The update of the account's row is what others wait for, and it is
 * made only if the limit holds: however many come at once, the balance is never below it. Failure
 * `insufficient_credits`; then nothing was booked. Undefined for an account that has no money. `told`: it wrote
 * to the account's log.
 */
export async function post(
  db: Db,
  posting: Posting,
): Promise<{ row: EntryRow; told: boolean } | undefined> {
  const { accountId, draft, nowMs } = posting
  requireBalanced(draft)
  const account = await move(db, posting)
  if (account === undefined) return undefined
  requireCountable(account, draft)
  const row: EntryRow = {
    account_id: accountId,
    sequence: account.last_entry,
    kind: draft.kind,
    at_ms: account.last_at_ms,
    call_id: draft.callId ?? null,
    reference: draft.reference ?? null,
    note: draft.note ?? null,
    balance_micro: account.balance_micro,
    held_micro: account.held_micro,
  }
  await db.insertInto('ledger_entries').values(row).execute()
  for (const { book, micro } of draft.lines) {
    const line = { account_id: accountId, sequence: row.sequence, book, micro }
    await db.insertInto('ledger_lines').values(line).execute()
  }
  return { row, told: await tell(db, account, draft, nowMs) }
}

/** Balances are written as amounts are, and counted exactly. */
const mostMicro = 1e15

/** Failure `invalid_request`: what is asked for would be more than that. */
function requireCountable({ balance_micro }: MoneyAccountRow, { kind }: EntryDraft): void {
  if (kind !== 'top-up' && kind !== 'adjustment') return
  if (Math.abs(balance_micro) < mostMicro) return
  throw new Failure('invalid_request', 'A balance has at most nine digits', 'amount')
}

/** The account's row after it. */
async function move(
  db: Db,
  { accountId, draft, nowMs, mayOwe = false, coverMicro = 0 }: Posting,
): Promise<MoneyAccountRow | undefined> {
  const freeMicro = sumIn(draft.lines, 'balance')
  const heldMicro = sumIn(draft.lines, 'held')
  const takesMicro = coverMicro - freeMicro
  const isLimited = !mayOwe && takesMicro > 0
  const moved = await db
    .updateTable('money_accounts')
    .set((eb) => ({
      balance_micro: eb('balance_micro', '+', freeMicro),
      held_micro: eb('held_micro', '+', heldMicro),
      last_entry: eb('last_entry', '+', 1),
      // A clock that was set back does not change the order.
      last_at_ms: eb
        .case()
        .when('last_at_ms', '>', nowMs)
        .then(eb.ref('last_at_ms'))
        .else(nowMs)
        .end(),
    }))
    .where('account_id', '=', accountId)
    .$if(isLimited, (query) =>
      query.where((eb) =>
        eb.or([
          eb('floor_micro', 'is', null),
          eb(eb('balance_micro', '-', takesMicro), '>=', eb.ref('floor_micro')),
        ]),
      ),
    )
    .returningAll()
    .executeTakeFirst()
  if (moved !== undefined || !isLimited) return moved
  const refusing = await moneyRow(db, accountId)
  if (refusing === undefined) return undefined
  throw new InsufficientCredits({
    requiredMicro: takesMicro,
    balanceMicro: refusing.balance_micro,
  })
}

/** Tells the account that it fell below a threshold, or what the operator has booked. */
async function tell(
  db: Db,
  account: MoneyAccountRow,
  { kind, lines, reference, note }: EntryDraft,
  nowMs: number,
): Promise<boolean> {
  const thresholds = JSON.parse(account.low_balance) as number[]
  const { balance_micro: balanceMicro, currency, told_micro: toldMicro } = account
  const isByOperator = kind === 'top-up' || kind === 'adjustment' || kind === 're-rating'
  // What was held for a call and comes back is no reason to tell the same again.
  const still = lowestAbove(thresholds, balanceMicro) ?? null
  const isUp = isByOperator && sumIn(lines, 'balance') > 0
  const below = isUp ? undefined : newlyBelow(thresholds, balanceMicro, toldMicro)
  const told = isUp ? still : (below ?? toldMicro)
  if (told !== toldMicro) {
    const change = db.updateTable('money_accounts').set({ told_micro: told })
    await change.where('account_id', '=', account.account_id).execute()
  }
  const base = { balanceMicro, heldMicro: account.held_micro, currency }
  const changed = {
    ...{ kind, amountMicro: sumIn(lines, 'balance'), ...base },
    ...{ reference: reference ?? null, note: note ?? null },
  }
  const events = [
    ...(kind === 'top-up' || kind === 'adjustment'
      ? [{ type: 'balance.changed' as const, atMs: nowMs, data: changed }]
      : []),
    ...(below === undefined
      ? []
      : [{ type: 'balance.low' as const, atMs: nowMs, data: { thresholdMicro: below, ...base } }]),
  ]
  if (events.length === 0) return false
  await appendAccountEvents(db, account.account_id as AccountId, events)
  return true
}

export const moneyRow = (db: Db, accountId: AccountId): Promise<MoneyAccountRow | undefined> =>
  db.selectFrom('money_accounts').selectAll().where('account_id', '=', accountId).executeTakeFirst()
