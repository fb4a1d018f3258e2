import type { CallRecord } from '../../core/call.ts'
import type { Clock } from '../../core/clock.ts'
import { Failure } from '../../core/failures.ts'
import type { AccountId } from '../../core/ids.ts'
import type { CallMoney } from '../../core/money/call-money.ts'
import {
  adjustmentLines,
  type Entry,
  type MoneyAccount,
  type MoneySettings,
  topUpLines,
} from '../../core/money/ledger.ts'
import type {
  CallRecordStore,
  MoneyStore,
  RecordFilter,
  StatementSums,
} from '../../core/ports/money.ts'
import type { Account, Store } from '../../core/ports/store.ts'
import { shippedDeck } from '../../core/rates.ts'
import { moneyFor } from './money-for.ts'
import { type DeckDesk, deckDesk } from './rate-decks.ts'
import { type RerateRequest, type Rerating, rerate } from './rerate.ts'

export interface MoneyPorts {
  readonly store: Pick<Store, 'accounts' | 'money' | 'rates' | 'callRecords'>
  readonly clock: Pick<Clock, 'nowMs'>
}

/** A top-up, or a change by the operator, which may be negative. */
export interface Booking {
  readonly kind: 'top-up' | 'adjustment'
  readonly amountMicro: number
  /** What the one who asks calls it: it is booked once. */
  readonly reference: string
  readonly note?: string
}

/** What the APIs can ask of money. */
export interface MoneyDesk {
  /**
   * Whose money is meant: one's own, or, for the operator, that of the account with that id. Failure `not_found` when there is
   * no such account, or it is not the operator who asks for another's.
   */
  whose(asking: Account, accountId: string | undefined): Promise<AccountId>
  account(id: AccountId): Promise<MoneyAccount>
  /** What is not given stays. Failures `invalid_request`, `not_found` (the deck). */
  configure(id: AccountId, changes: Partial<MoneySettings>): Promise<MoneyAccount>
  /** Failures `insufficient_credits`, `not_found`; `already_exists` for a reference of something else. */
  book(id: AccountId, booking: Booking): Promise<{ readonly entry: Entry; readonly isNew: boolean }>
  entries(id: AccountId, filter: Parameters<MoneyStore['entries']>[1]): Promise<Entry[]>
  statement(id: AccountId, fromMs: number, toMs: number): Promise<StatementSums>
  records: CallRecordStore['list']
  /** A page at a time until there are no more, so that memory does not grow with their number. */
  allRecords(id: AccountId, filter: Omit<RecordFilter, 'limit'>): AsyncIterable<CallRecord[]>
  /** What a call would cost now. Failures of `moneyFor`. */
  price(account: Account, number: string): Promise<CallMoney>
  rerate(id: AccountId, request: RerateRequest): Promise<Rerating>
  readonly decks: DeckDesk
}

const exportedAtOnce = 500

export function moneyDesk(ports: MoneyPorts): MoneyDesk {
  const { store } = ports
  return {
    whose: (asking, accountId) => whose(store, asking, accountId),
    account: (id) => store.money.account(id),
    configure: (id, changes) => configure(store, id, changes),
    book: (id, booking) => book(store, id, booking),
    entries: (id, filter) => store.money.entries(id, filter),
    statement: (id, fromMs, toMs) => store.money.statement(id, fromMs, toMs),
    records: (id, filter) => store.callRecords.list(id, filter),
    allRecords: (id, filter) => allRecords(store.callRecords, id, filter),
    price: (account, number) => moneyFor(ports, account, { direction: 'outbound', number }),
    rerate: (id, request) => rerate(ports, id, request),
    decks: deckDesk(ports),
  }
}

async function whose(
  { accounts }: MoneyPorts['store'],
  asking: Account,
  accountId: string | undefined,
): Promise<AccountId> {
  if (accountId === undefined || accountId === asking.id) return asking.id
  const other = asking.isOperator ? await accounts.get(accountId as AccountId) : undefined
  if (other) return other.id
  throw new Failure('not_found', 'There is no such account', 'account_id')
}

async function configure(
  { money, rates }: MoneyPorts['store'],
  id: AccountId,
  changes: Partial<MoneySettings>,
): Promise<MoneyAccount> {
  const { balanceMicro: _, heldMicro: __, accountId: ___, ...before } = await money.account(id)
  const settings = { ...before, ...changes }
  if (settings.creditLimitMicro === null && settings.billing !== 'postpaid') {
    throw new Failure('invalid_request', 'Only postpaid goes without a limit', 'credit_limit')
  }
  const deckId = settings.deck
  const deck = deckId === null ? shippedDeck : await rates.deck(deckId)
  if (!deck) throw new Failure('not_found', `There is no rate deck ${deckId}`, 'rate_deck')
  if (deck.currency !== settings.currency) {
    const text = `Rate deck ${deck.id} is in ${deck.currency}, the account in ${settings.currency}`
    throw new Failure('invalid_request', text, 'rate_deck')
  }
  return money.configure(id, settings)
}

async function book(
  { money }: MoneyPorts['store'],
  id: AccountId,
  { kind, amountMicro, reference, note }: Booking,
): Promise<{ entry: Entry; isNew: boolean }> {
  const lines = kind === 'top-up' ? topUpLines(amountMicro) : adjustmentLines(amountMicro)
  const draft = { kind, lines, reference, ...(note === undefined ? {} : { note }) }
  const booked = await money.book(id, draft)
  const { entry, isNew } = booked
  const balance = ({ lines: all }: Pick<Entry, 'lines'>) =>
    all.find((line) => line.book === 'balance')?.micro
  if (isNew || (entry.kind === kind && balance(entry) === balance(draft))) return booked
  throw new Failure('already_exists', 'The reference was used for something else', 'reference')
}

async function* allRecords(
  { list }: CallRecordStore,
  id: AccountId,
  filter: Omit<RecordFilter, 'limit'>,
): AsyncIterable<CallRecord[]> {
  let from: Omit<RecordFilter, 'limit'> = filter
  for (;;) {
    const records = await list(id, { ...from, limit: exportedAtOnce })
    if (records.length > 0) yield records
    const last = records.at(-1)
    if (last === undefined || records.length < exportedAtOnce) return
    from = { ...from, after: cursorOf(last) }
  }
}

/** Where a list goes on after a record. */
export const cursorOf = ({ startedAtMs, createdAtMs, id }: CallRecord) => ({
  beginMs: startedAtMs ?? createdAtMs,
  id,
})
