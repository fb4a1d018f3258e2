import type { AccountEventDraft } from '../core/events.ts'
import type { AccountId } from '../core/ids.ts'
import { appendAccountEvents, sweeper } from './events.ts'
import type { Db } from './schema.ts'

/** How a change of a recording is told with it. */
export interface Telling {
  /** Inside the caller's transaction. */
  append(tx: Db, accountId: AccountId, event: AccountEventDraft): Promise<void>
  /** After it. */
  onTold(accountId: AccountId): void
}

/** Of the account's events no more than `keptEvents` stay. */
export function telling(onTold: Telling['onTold'], keptEvents: number): Telling {
  const sweep = sweeper(keptEvents)
  return {
    async append(tx, accountId, event) {
      await appendAccountEvents(tx, accountId, [event])
      await sweep(tx, accountId, 1)
    },
    onTold,
  }
}
