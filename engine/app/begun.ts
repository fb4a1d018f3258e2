import type { CallRecord } from '../core/call.ts'
import type { CallId } from '../core/ids.ts'
import type { Account } from '../core/ports/store.ts'
import type { Ports } from './ports.ts'

/**
 * The call that a request has begun which comes a second time, after a crash: nobody is called twice. Undefined
 * without an id, or when there is none yet.
 */
export async function begunAs(
  { store }: Pick<Ports, 'store'>,
  { id: accountId }: Account,
  id: CallId | undefined,
): Promise<CallRecord | undefined> {
  return id === undefined ? undefined : store.calls.get(accountId, id)
}
