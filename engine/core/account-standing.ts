import { Failure } from './failures.ts'
import type { Account } from './ports/store.ts'

/** Why nothing is done for an account: `account_suspended`, `account_closed`. Undefined for an active one. */
export function standingOf({ status }: Pick<Account, 'status'>): Failure | undefined {
  if (status === 'suspended') {
    return new Failure('account_suspended', 'The account is suspended: ask the operator')
  }
  return status === 'closed' ? new Failure('account_closed', 'The account is closed') : undefined
}
