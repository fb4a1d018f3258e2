import { type AccountLimits, noLimits, prefixRefusal } from '../core/account-limits.ts'
import { Failure } from '../core/failures.ts'
import type { AccountId } from '../core/ids.ts'
import type { Account, Store } from '../core/ports/store.ts'
import type { AccountDesk } from './account-desk.ts'
import type { Routed } from './route.ts'

/** What limits are decided by: the account as it is stored now, and not as it was when its call began. */
export async function accountNow(
  { store }: { readonly store: { readonly accounts: Pick<Store['accounts'], 'get'> } },
  id: AccountId,
): Promise<Pick<Account, 'id' | 'limits'>> {
  return (await store.accounts.get(id)) ?? { id }
}

/**
 * Why the account may not make this call now: `target_not_allowed` (its prefixes), `limit_reached` (calls,
 * calls per second, spend per hour). Undefined when it may.
 */
export function accountRefusal(
  desk: AccountDesk,
  { id, limits = noLimits }: { readonly id: AccountId; readonly limits?: AccountLimits },
  routed: Routed,
  field = 'to',
): Failure | undefined {
  const number = routed.is === 'byTrunk' ? routed.number : undefined
  const forbidden = number === undefined ? undefined : prefixRefusal(limits, number)
  if (forbidden !== undefined) return new Failure('target_not_allowed', forbidden, field)
  return desk.refusal(id, limits, number)
}
