import type { Account } from '../../core/ports/store.ts'
import type { Around } from './around.ts'
import { performConferenceEffect } from './life.ts'
import { LiveConference } from './live-conference.ts'

/**
 * Rooms that nobody had come to when the process ended wait on, until 24 hours after they were made. Run once,
 * after `recover`. Returns how many there are.
 */
export async function awaitMembers(around: Around): Promise<number> {
  const { ports, calls } = around
  const accounts = new Map<string, Account | undefined>()
  let count = 0
  for (const record of await ports.store.conferences.unfinished()) {
    const { accountId } = record
    if (record.status !== 'init') continue
    if (!accounts.has(accountId)) {
      accounts.set(accountId, await ports.store.accounts.get(accountId))
    }
    const account = accounts.get(accountId)
    if (account === undefined) continue
    const conference = new LiveConference(ports, account, record, (of, effect) =>
      performConferenceEffect(around, of, effect),
    )
    calls.conferences.add(conference)
    await conference.wait()
    count += 1
  }
  return count
}
