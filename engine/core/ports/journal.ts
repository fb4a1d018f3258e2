import type { AccountId, JournalId } from '../ids.ts'
import type { JournalEntry, JournalStatus } from '../journal.ts'
import type { Page } from './page.ts'

export type JournalTime = 'createdAtMs' | 'updatedAtMs'

/** Entries of the journal; all of the account where nothing else is said. */
export interface JournalSelection {
  readonly businesses?: readonly string[] | undefined
  readonly equals?: Partial<
    Pick<
      JournalEntry,
      | 'businessId'
      | 'staffId'
      | 'clientId'
      | 'from'
      | 'to'
      | 'direction'
      | 'status'
      | 'sourceId'
      | 'externalId'
    >
  >
  readonly times?: readonly {
    readonly of: JournalTime
    readonly is: '>' | '>=' | '<' | '<='
    readonly atMs: number
  }[]
}

export interface JournalFilter extends JournalSelection, Page {
  /** Entries that are equal in all of it are in the order of their ids. Newest change first if empty. */
  readonly sort: readonly { readonly by: JournalTime; readonly direction: 'asc' | 'desc' }[]
}

/** Entries that calls write by themselves are written by `Store.calls.commit`. */
export interface JournalStore {
  /** Failure `already_exists`: the business has an entry with that source or external id. */
  insert(entry: JournalEntry): Promise<void>
  /**
   * Reads the entry, changes it and writes it in one transaction; nothing is written when `to` returns
   * what it was given, or throws. Undefined when there is no such entry. Failure `already_exists`.
   */
  change(
    accountId: AccountId,
    id: JournalId,
    to: (entry: JournalEntry) => JournalEntry,
  ): Promise<JournalEntry | undefined>
  get(accountId: AccountId, id: JournalId): Promise<JournalEntry | undefined>
  /** Those of the business that have one of the two ids: two at most. */
  ofSource(
    accountId: AccountId,
    ids: Pick<JournalEntry, 'businessId' | 'sourceId' | 'externalId'>,
  ): Promise<JournalEntry[]>
  list(
    accountId: AccountId,
    filter: JournalFilter,
  ): Promise<{ entries: JournalEntry[]; total: number }>
  /** How many there are of each status that occurs. */
  counts(
    accountId: AccountId,
    selection: JournalSelection,
  ): Promise<ReadonlyMap<JournalStatus, number>>
}
