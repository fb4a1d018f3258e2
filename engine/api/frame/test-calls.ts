import { Failure } from '../../core/failures.ts'
import { type CallId, isUuid } from '../../core/ids.ts'
import type { Account, Store } from '../../core/ports/store.ts'

/** Of one request; more are in none. */
const mostLookedAt = 200

/**
 * A test key reaches the lab carrier alone, and a call of a live key goes anywhere: it must not be sent on by a test key.
 * Failure `forbidden` when `asked` names a call of the account that no test key has made.
 */
export async function keepToTestCalls(
  calls: Pick<Store['calls'], 'get'>,
  { id: account, isTest }: Account,
  asked: readonly unknown[],
): Promise<void> {
  if (!isTest) return
  const ids = new Set<string>()
  collect(asked, ids)
  for (const id of ids) {
    const call = await calls.get(account, id as CallId)
    if (call === undefined || call.isTest) continue
    throw new Failure('forbidden', 'A test key acts on calls of test keys alone')
  }
}

function collect(value: unknown, into: Set<string>): void {
  if (into.size >= mostLookedAt) return
  if (typeof value === 'string') {
    if (isUuid(value)) into.add(value)
  } else if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) collect(part, into)
  }
}
