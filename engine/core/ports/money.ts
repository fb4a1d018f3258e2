import type { CallRecord, CallStatus, Direction } from '../call.ts'
import type { AccountId, CallId } from '../ids.ts'
import type { Entry, EntryDraft, EntryKind, MoneyAccount, MoneySettings } from '../money/ledger.ts'
import type { AppliedRate, Rate } from '../money/rate.ts'

/** The money of accounts. Entries of calls are made by the commits of those calls. */
export interface MoneyStore {
  /** An account of which nobody has said how it pays: nothing is booked. */
  account(id: AccountId): Promise<MoneyAccount>
  /** Failure `invalid_request` when the currency is another one than that of the entries there are. */
  configure(id: AccountId, settings: MoneySettings): Promise<MoneyAccount>
  /**
   * Books something that is not of a call that begins or ends, once for each reference: a repeat is answered with the
   * entry that was made first, and books nothing. Failure `insufficient_credits`, unless it `mayOwe`: then the
   * balance may go below its limit. Failure `not_found` for an account without money.
   */
  book(
    id: AccountId,
    draft: EntryDraft,
    options?: { readonly mayOwe?: boolean },
  ): Promise<{ readonly entry: Entry; readonly isNew: boolean }>
  /** By number, those after one in that order; 0: from its beginning. */
  entries(
    id: AccountId,
    filter: {
      readonly after: number
      /** Default `asc`: the oldest first. */
      readonly order?: 'asc' | 'desc'
      readonly limit: number
      /** Inclusive, and exclusive. */
      readonly fromMs?: number
      readonly toMs?: number
      readonly callId?: CallId
      readonly kinds?: readonly EntryKind[]
    },
  ): Promise<Entry[]>
  /** What was booked in a period (`fromMs` inclusive, `toMs` exclusive), and what there was at its ends. */
  statement(id: AccountId, fromMs: number, toMs: number): Promise<StatementSums>
  /** Of all accounts and books: zero, always. */
  totals(): Promise<{ readonly allMicro: number; readonly heldMicro: number }>
}

/** Where a list of records goes on: after the call that began then. */
export interface RecordCursor {
  readonly beginMs: number
  readonly id: CallId
}

export interface RecordFilter {
  readonly direction?: Direction
  readonly status?: CallStatus
  readonly from?: string
  readonly to?: string
  /** Inclusive, and exclusive, of the call's start. */
  readonly fromMs?: number
  readonly toMs?: number
  readonly after?: RecordCursor
  readonly order: 'asc' | 'desc'
  readonly limit: number
}

/** Calls that are over, by their start: as fast with many as with few, wherever in the list. */
export interface CallRecordStore {
  list(id: AccountId, filter: RecordFilter): Promise<CallRecord[]>
  /** What a call is to cost from now on: an entry for the difference, if there is one, and the record's new price. */
  rerate(
    id: AccountId,
    change: {
      readonly callId: CallId
      readonly costMicro: number
      readonly billedSeconds: number
      readonly rate: AppliedRate
      readonly note: string
    },
  ): Promise<void>
}

export interface StatementSums {
  readonly opening: Standing
  readonly closing: Standing
  /** By kind: how many entries, and what they made of the customer's money (balance and held together). */
  readonly kinds: readonly {
    readonly kind: EntryKind
    readonly count: number
    readonly micro: number
  }[]
}

export interface Standing {
  readonly balanceMicro: number
  readonly heldMicro: number
}

export interface RateDeck {
  /** Letters, digits, dash; as the operator called it. */
  readonly id: string
  readonly name: string
  /** ISO 4217. */
  readonly currency: string
  readonly createdAtMs: number
}

/** The rates of a deck from a time on, until the next version's. */
export interface DeckVersion {
  /** 1, 2, 3, ... */
  readonly version: number
  readonly validFromMs: number
  readonly createdAtMs: number
  readonly rates: number
}

export interface RateStore {
  decks(): Promise<RateDeck[]>
  deck(id: string): Promise<RateDeck | undefined>
  /** Failure `already_exists`. */
  insertDeck(deck: RateDeck): Promise<void>
  /** Oldest first. */
  versions(deck: string): Promise<DeckVersion[]>
  /** All of the rates or none. */
  addVersion(deck: string, validFromMs: number, rates: readonly Rate[]): Promise<DeckVersion>
  /** By direction and prefix, those after one. */
  rates(
    deck: string,
    version: number,
    page: { readonly after?: Pick<Rate, 'direction' | 'prefix'>; readonly limit: number },
  ): Promise<Rate[]>
  /** With the longest prefix that fits, out of the version that is valid then, or out of one that is named. */
  find(
    deck: string,
    direction: Direction,
    number: string,
    at: { readonly atMs: number } | { readonly version: number },
  ): Promise<AppliedRate | undefined>
}
