import { type CallRecord, isFinal } from '../../core/call.ts'
import { InsufficientCredits } from '../../core/failures.ts'
import type { CallMoney } from '../../core/money/call-money.ts'
import { chargeEntry, holdEntry } from '../../core/money/ledger.ts'
import type { Db } from '../schema.ts'
import { moneyRow, post } from './post.ts'
import { moneyOfColumns } from './rows.ts'

/** What a commit of a call has done to its account's money. */
interface Moved {
  /** As it is to be stored. */
  readonly call: CallRecord
  /** It wrote to the account's log. */
  readonly told: boolean
}

/**
 * What a commit of a call does to its account's money, before the row is saved and inside the caller's transaction: what the new
 * row holds more than the old one is set aside, and with the end the cost is taken and the rest goes back.
 * All of it follows from the two rows, so a commit that is made again does nothing, and whoever ends a call after a
 * crash ends its money too. Failure `insufficient_credits`.
 */
export async function moveMoney(
  db: Db,
  call: CallRecord,
  { nowMs, coverMicro = 0 }: { readonly nowMs: number; readonly coverMicro?: number },
): Promise<Moved> {
  const { money } = call
  if (!money || money.billing === 'off') return { call, told: false }
  const before = await storedMoney(db, call)
  // What it costs was settled with its end, and may have been rated again since.
  if (before?.isOver) return { call: { ...call, money: before.money }, told: false }
  const heldMicro = before?.money.heldMicro ?? 0
  if (isFinal(call.status)) return settle(db, call, money, { heldMicro, nowMs })
  const moreMicro = money.heldMicro - heldMicro
  if (moreMicro === 0) {
    await requireCover(db, call, coverMicro)
    return { call, told: false }
  }
  const draft = holdEntry(call.id, moreMicro)
  const posted = await post(db, { accountId: call.accountId, draft, nowMs, coverMicro })
  return { call, told: posted?.told ?? false }
}

/** It costs nothing itself, yet what it is for does. */
async function requireCover(db: Db, { accountId }: CallRecord, coverMicro: number): Promise<void> {
  const row = coverMicro > 0 ? await moneyRow(db, accountId) : undefined
  if (row === undefined || row.floor_micro === null) return
  if (row.balance_micro - coverMicro >= row.floor_micro) return
  throw new InsufficientCredits({ requiredMicro: coverMicro, balanceMicro: row.balance_micro })
}

async function storedMoney(
  db: Db,
  { id, accountId }: CallRecord,
): Promise<{ money: CallMoney; isOver: boolean } | undefined> {
  const row = await db
    .selectFrom('calls')
    .select(['billing', 'currency', 'rate', 'held_micro', 'cost_micro', 'billed_seconds', 'status'])
    .where('id', '=', id)
    .where('account_id', '=', accountId)
    .executeTakeFirst()
  const money = row && moneyOfColumns(row)
  return money ? { money, isOver: isFinal(row.status as CallRecord['status']) } : undefined
}

/** A cost that is neither held nor there any more is not taken: the limit holds, and the record says what was paid. */
async function settle(
  db: Db,
  call: CallRecord,
  money: CallMoney,
  { heldMicro, nowMs }: { heldMicro: number; nowMs: number },
): Promise<Moved> {
  const wanted = money.costMicro ?? 0
  const charge = async (costMicro: number) => {
    const draft = chargeEntry(call.id, { heldMicro, costMicro })
    const posted =
      draft.lines.length === 0
        ? undefined
        : await post(db, { accountId: call.accountId, draft, nowMs })
    return {
      call: { ...call, money: { ...money, heldMicro: 0, costMicro } },
      told: posted?.told ?? false,
    }
  }
  return charge(await payable(db, call, wanted, heldMicro))
}

/** The cost, or what of it can be paid. The row is locked by an update of nothing, so that it stays true. */
async function payable(
  db: Db,
  { accountId }: CallRecord,
  wantedMicro: number,
  heldMicro: number,
): Promise<number> {
  if (wantedMicro <= heldMicro) return wantedMicro
  await db
    .updateTable('money_accounts')
    .set((eb) => ({ last_entry: eb.ref('last_entry') }))
    .where('account_id', '=', accountId)
    .execute()
  const row = await moneyRow(db, accountId)
  if (row === undefined || row.floor_micro === null) return wantedMicro
  const roomMicro = Math.max(0, row.balance_micro - row.floor_micro)
  return Math.min(wantedMicro, heldMicro + roomMicro)
}
