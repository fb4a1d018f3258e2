import { type AccountLimits, noLimits } from '../../core/account-limits.ts'
import { Failure } from '../../core/failures.ts'
import type { Account } from '../../core/ports/store.ts'
import { amendAccount } from './amend-account.ts'
import type { DirectoryPorts } from './ports.ts'

export const limitsOf = ({ limits = noLimits }: Pick<Account, 'limits'>): AccountLimits => limits

/** Takes the place of the limits that were; calls that are up stay up. Failure `invalid_request`. */
export async function setLimits(
  { store }: DirectoryPorts,
  { id }: Account,
  limits: AccountLimits,
): Promise<AccountLimits> {
  for (const [field, prefixes] of [
    ['allowed_prefixes', limits.allowedPrefixes],
    ['denied_prefixes', limits.deniedPrefixes],
  ] as const) {
    if (!prefixes.every((prefix) => /^\+\d{1,15}$/.test(prefix))) {
      const text = `Each of ${field} must be + and 1 to 15 digits`
      throw new Failure('invalid_request', text, field)
    }
  }
  await amendAccount({ store }, id, (account) => ({ ...account, limits }))
  return limits
}
