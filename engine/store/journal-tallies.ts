import type { AccountId } from '../core/ids.ts'
import type { JournalEntry } from '../core/journal.ts'
import type { Db } from './schema.ts'
import { Tallies } from './tallies.ts'

/** Of an entry, as it was or as it is. */
export type JournalTimes = Pick<JournalEntry, 'createdAtMs' | 'updatedAtMs'>

/** The journal is asked for by either time. */
export class JournalTallies {
  readonly createdAtMs: Tallies
  readonly updatedAtMs: Tallies

  constructor(db: Db, size?: number) {
    this.createdAtMs = new Tallies(db, 'journal.created_at_ms', size)
    this.updatedAtMs = new Tallies(db, 'journal.updated_at_ms', size)
  }

  /** Waits for work that changes entries of the account. */
  told<Done>(
    accountId: AccountId,
    work: Promise<Done>,
    entriesOf: (done: Done) => readonly JournalTimes[],
  ): Promise<Done> {
    const made = this.createdAtMs.told(accountId, work, (done) =>
      entriesOf(done).map(({ createdAtMs }) => createdAtMs),
    )
    return this.updatedAtMs.told(accountId, made, (done) =>
      entriesOf(done).map(({ updatedAtMs }) => updatedAtMs),
    )
  }
}
