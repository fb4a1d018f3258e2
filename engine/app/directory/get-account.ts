import { Failure } from '../../core/failures.ts'
import { type AccountId, isUuid } from '../../core/ids.ts'
import type { AccountRecord } from '../../core/ports/store.ts'
import type { DirectoryPorts } from './ports.ts'

/** Failure `not_found`. */
export async function getAccount(
  { store }: { readonly store: Pick<DirectoryPorts['store'], 'accounts'> },
  id: string,
): Promise<AccountRecord> {
  const found = isUuid(id) ? await store.accounts.record(id as AccountId) : undefined
  if (!found) throw new Failure('not_found', 'There is no such account')
  return found
}
