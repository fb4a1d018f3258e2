import type { Direction } from '../../core/call.ts'
import type { Clock } from '../../core/clock.ts'
import { Failure } from '../../core/failures.ts'
import { type CallMoney, freshMoney } from '../../core/money/call-money.ts'
import type { AppliedRate } from '../../core/money/rate.ts'
import type { Account, Store } from '../../core/ports/store.ts'
import { shippedRate } from '../../core/rates.ts'

export interface PricePorts {
  readonly store: {
    readonly money: Pick<Store['money'], 'account'>
    readonly rates: Pick<Store['rates'], 'find'>
  }
  readonly clock: Pick<Clock, 'nowMs'>
}

/** A leg that is to be paid for. */
interface Leg {
  readonly direction: Direction
  /** Where it leaves, or came, by a trunk; undefined for all others, which are free. */
  readonly number: string | undefined
  /** What the application calls the number, for its error. */
  readonly field?: string
}

/**
 * The money that a leg begins with: the one place that knows what a minute costs. Failure `target_not_allowed` for a
 * number without a price that somebody would have to pay. Calls of test keys, which reach the lab alone, are free.
 */
export async function moneyFor(
  { store, clock }: PricePorts,
  account: Pick<Account, 'id' | 'isTest'>,
  { direction, number, field = 'to' }: Leg,
): Promise<CallMoney> {
  const { billing, currency, deck } = await store.money.account(account.id)
  if (account.isTest || number === undefined) return freshMoney(billing, currency, null)
  const at = { atMs: clock.nowMs() }
  const rate: AppliedRate | undefined =
    deck === null
      ? shippedRate(direction, number)
      : await store.rates.find(deck, direction, number, at)
  if (rate === undefined && billing !== 'off' && direction === 'outbound') {
    throw new Failure(
      'target_not_allowed',
      `the account's rates have no price for ${number}`,
      field,
    )
  }
  return freshMoney(billing, currency, rate ?? null)
}
