import type { CallRecord } from '../call.ts'
import { legCostMicro, shippedDeck } from '../rates.ts'
import { type AppliedRate, billedSeconds, costMicro, holdFor } from './rate.ts'

/**
 * How an account pays. `off`: nothing is booked, calls are only priced. `prepaid` and `postpaid`: calls are
 * paid from the balance, which does not go below the account's limit.
 */
export const billings = ['off', 'prepaid', 'postpaid'] as const
export type Billing = (typeof billings)[number]

/** The money of one leg. Micro-units of `currency`. */
export interface CallMoney {
  /** As it was when the call began. */
  readonly billing: Billing
  /** ISO 4217. */
  readonly currency: string
  /** Null: the leg costs nothing, as to a device. */
  readonly rate: AppliedRate | null
  /** Taken from the balance and neither spent nor given back yet. */
  readonly heldMicro: number
  /** Null until the call is over. */
  readonly costMicro: number | null
  readonly billedSeconds: number | null
}

/** The money of a leg that begins: its first minute is on hold, where anything is booked. */
export const freshMoney = (
  billing: Billing,
  currency: string,
  rate: AppliedRate | null,
): CallMoney => ({
  ...{ billing, currency, rate, costMicro: null, billedSeconds: null },
  heldMicro: billing === 'off' ? 0 : firstHoldMicro(rate),
})

/** What the first minute costs, which is taken before anybody answers. */
export const firstHoldMicro = (rate: AppliedRate | null): number =>
  rate === null ? 0 : holdFor(rate, 1).micro

/** The money of a leg that is over; nothing is held for it any more. `spentUp`: it was ended when what was on hold was used up, and costs just that. */
export function settledMoney(
  money: CallMoney,
  answeredMs: number | null,
  spentUp = false,
): CallMoney {
  const { rate, heldMicro } = money
  const over = { ...money, heldMicro: 0 }
  if (rate === null || answeredMs === null) return { ...over, costMicro: 0, billedSeconds: 0 }
  const seconds = billedSeconds(rate, answeredMs)
  const cost = costMicro(rate, answeredMs)
  return spentUp && cost > heldMicro
    ? { ...over, costMicro: heldMicro, billedSeconds: secondsFor(money, seconds) }
    : { ...over, costMicro: cost, billedSeconds: seconds }
}

/** The seconds that what is on hold pays for, of those that the call lasted. */
function secondsFor({ rate, heldMicro }: CallMoney, seconds: number): number {
  if (rate === null || rate.microPerMinute === 0) return seconds
  return Math.floor(((heldMicro - rate.connectFeeMicro) * 60) / rate.microPerMinute)
}

/** What a call has cost; null while it is not over. Of calls from before there was any money it is the shipped price. */
export function costOfCall(
  call: Pick<CallRecord, 'money' | 'direction' | 'to' | 'answeredAtMs' | 'endedAtMs'>,
): { readonly micro: number; readonly currency: string } | null {
  const { money, direction, to, answeredAtMs, endedAtMs } = call
  if (money) {
    return money.costMicro === null ? null : { micro: money.costMicro, currency: money.currency }
  }
  if (endedAtMs === null) return null
  const answeredMs = answeredAtMs === null ? null : Math.max(0, endedAtMs - answeredAtMs)
  const micro = direction === 'inbound' ? 0 : legCostMicro(to, answeredMs)
  return { micro, currency: shippedDeck.currency }
}
