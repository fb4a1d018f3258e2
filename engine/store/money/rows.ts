import type { CallMoney } from '../../core/money/call-money.ts'
import type { AppliedRate } from '../../core/money/rate.ts'

/** The tables about money as SQL sees them. Amounts are micro-units. */
export interface MoneyTables {
  rate_decks: RateDeckRow
  rate_versions: RateVersionRow
  rates: RateRow
  money_accounts: MoneyAccountRow
  ledger_entries: EntryRow
  ledger_lines: LineRow
}

export interface RateDeckRow {
  id: string
  name: string
  currency: string
  created_at_ms: number
  last_version: number
}

export interface RateVersionRow {
  deck_id: string
  version: number
  valid_from_ms: number
  created_at_ms: number
  /** How many there are. */
  rates: number
}

export interface RateRow {
  deck_id: string
  version: number
  direction: string
  prefix: string
  micro_per_minute: number
  minimum_seconds: number
  increment_seconds: number
  connect_fee_micro: number
  description: string
}

export interface MoneyAccountRow {
  account_id: string
  billing: string
  currency: string
  credit_limit_micro: number | null
  floor_micro: number | null
  /** JSON: an array of thresholds. */
  low_balance: string
  /** The threshold that the account was told of last. */
  told_micro: number | null
  deck_id: string | null
  balance_micro: number
  held_micro: number
  last_entry: number
  last_at_ms: number
}

export interface EntryRow {
  account_id: string
  sequence: number
  kind: string
  at_ms: number
  call_id: string | null
  reference: string | null
  note: string | null
  /** After it. */
  balance_micro: number
  held_micro: number
}

export interface LineRow {
  account_id: string
  sequence: number
  book: string
  micro: number
}

/** The columns of a call. */
export interface CallMoneyColumns {
  billing: string | null
  currency: string | null
  /** AppliedRate. */
  rate: string | null
  held_micro: number | null
  cost_micro: number | null
  billed_seconds: number | null
}

const none: CallMoneyColumns = {
  ...{ billing: null, currency: null, rate: null },
  ...{ held_micro: null, cost_micro: null, billed_seconds: null },
}

export const columnsOfMoney = (money: CallMoney | null): CallMoneyColumns =>
  money
    ? {
        billing: money.billing,
        currency: money.currency,
        rate: money.rate === null ? null : JSON.stringify(money.rate),
        held_micro: money.heldMicro,
        cost_micro: money.costMicro,
        billed_seconds: money.billedSeconds,
      }
    : none

export function moneyOfColumns(row: CallMoneyColumns): CallMoney | null {
  if (row.billing === null || row.currency === null) return null
  return {
    billing: row.billing as CallMoney['billing'],
    currency: row.currency,
    rate: row.rate === null ? null : (JSON.parse(row.rate) as AppliedRate),
    heldMicro: row.held_micro ?? 0,
    costMicro: row.cost_micro,
    billedSeconds: row.billed_seconds,
  }
}
