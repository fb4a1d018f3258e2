import type { LoggedEvent } from '../../core/events.ts'
import type { AccountId } from '../../core/ids.ts'
import type { DirectoryPorts } from './ports.ts'

/** The account's log from after that number on, oldest first, at most `limit` events. */
export const eventsAfter = (
  { store }: DirectoryPorts,
  account: AccountId,
  sequence: number,
  limit: number,
): Promise<LoggedEvent[]> => store.events.after(account, sequence, limit)
