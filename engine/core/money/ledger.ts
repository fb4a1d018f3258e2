import type { AccountId, CallId } from '../ids.ts'
import type { Billing } from './call-money.ts'

/**
 * The books of an account. `balance` and `held` are the customer's money, free and set aside for calls that
 * are not over; the others are where it comes from and goes to.
 */
export const books = ['balance', 'held', 'revenue', 'funds', 'adjustments'] as const
export type Book = (typeof books)[number]

export const entryKinds = [
  // for a call that begins, or its next minute
  'hold',
  // of a call that goes elsewhere before it is answered, and less is needed
  'release',
  // a call is over: its cost, and the rest of what was held goes back
  'charge',
  'top-up',
  'adjustment',
  're-rating',
] as const
export type EntryKind = (typeof entryKinds)[number]

/** One amount in one book; positive is more for the book. */
export interface Line {
  readonly book: Book
  readonly micro: number
}

/** An entry before the ledger has given it a number. Its lines sum to zero. */
export interface EntryDraft {
  readonly kind: EntryKind
  readonly lines: readonly Line[]
  readonly callId?: CallId
  /** What the one who asked calls it: there is no second entry with the same one. */
  readonly reference?: string
  readonly note?: string
}

export interface Entry extends EntryDraft {
  readonly accountId: AccountId
  /** 1, 2, 3, ... per account without gaps. */
  readonly sequence: number
  /** Unix milliseconds; never earlier than that of the entry before. */
  readonly atMs: number
  /** After it. */
  readonly balanceMicro: number
  readonly heldMicro: number
}

/** How an account pays, and what it has. Amounts are micro-units of `currency`. */
export interface MoneyAccount extends MoneySettings {
  readonly accountId: AccountId
  readonly balanceMicro: number
  readonly heldMicro: number
}

export interface MoneySettings {
  readonly billing: Billing
  /** ISO 4217. */
  readonly currency: string
  /** How far below zero the balance may go; null: as far as it likes, for `postpaid` alone. */
  readonly creditLimitMicro: number | null
  /** Whoever falls below one of these is told. */
  readonly lowBalanceMicro: readonly number[]
  /** Null: the shipped rates. */
  readonly deck: string | null
}

export const noMoney: MoneySettings & { balanceMicro: number; heldMicro: number } = {
  ...{ billing: 'off', currency: 'AUD', creditLimitMicro: 0, lowBalanceMicro: [], deck: null },
  ...{ balanceMicro: 0, heldMicro: 0 },
}

/** What the balance does not go below; null: there is no such thing. */
export const floorMicro = ({
  billing,
  creditLimitMicro,
}: Pick<MoneySettings, 'billing' | 'creditLimitMicro'>): number | null => {
  if (billing === 'off') return null
  if (creditLimitMicro === null) return billing === 'postpaid' ? null : 0
  return 0 - creditLimitMicro
}

const lines = (...all: readonly (readonly [Book, number])[]): Line[] =>
  all.filter(([, micro]) => micro !== 0).map(([book, micro]) => ({ book, micro }))

/** More is set aside for a call, or (negative) less. */
export const holdEntry = (callId: CallId, micro: number): EntryDraft => ({
  kind: micro < 0 ? 'release' : 'hold',
  lines: lines(['balance', -micro], ['held', micro]),
  callId,
})

/** A call is over: what was held for it goes away, its cost is earned. */
export const chargeEntry = (
  callId: CallId,
  { heldMicro, costMicro }: { heldMicro: number; costMicro: number },
): EntryDraft => ({
  kind: 'charge',
  lines: lines(['held', -heldMicro], ['revenue', costMicro], ['balance', heldMicro - costMicro]),
  callId,
})

export const topUpLines = (micro: number): Line[] => lines(['balance', micro], ['funds', -micro])
export const adjustmentLines = (micro: number): Line[] =>
  lines(['balance', micro], ['adjustments', -micro])
/** The price of a call was another: `micro` more is owed. */
export const reRatingLines = (micro: number): Line[] =>
  lines(['balance', -micro], ['revenue', micro])

/** What the lines are in a book. */
export const sumIn = (all: readonly Line[], book: Book): number =>
  all.reduce((sum, line) => (line.book === book ? sum + line.micro : sum), 0)

/** Throws, as a bug, for an entry that makes or loses money. */
export function requireBalanced({ kind, lines: all }: EntryDraft): void {
  const sum = all.reduce((total, { micro }) => total + micro, 0)
  if (sum === 0 && all.every(({ micro }) => Number.isSafeInteger(micro))) return
  throw new Error(`an entry (${kind}) does not sum to zero: ${JSON.stringify(all)}`)
}

/**
 * The threshold that an account fell below and has not been told of: the lowest one. `toldMicro`: the last that
 * it was told of; null: none since it was above all.
 */
export function newlyBelow(
  thresholds: readonly number[],
  balanceMicro: number,
  toldMicro: number | null,
): number | undefined {
  const below = lowestAbove(thresholds, balanceMicro)
  if (below === undefined || (toldMicro !== null && below >= toldMicro)) return undefined
  return below
}

/** The lowest threshold that the balance is below. */
export function lowestAbove(
  thresholds: readonly number[],
  balanceMicro: number,
): number | undefined {
  const above = thresholds.filter((threshold) => balanceMicro < threshold)
  return above.length === 0 ? undefined : Math.min(...above)
}
