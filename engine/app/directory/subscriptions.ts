import { Failure } from '../../core/failures.ts'
import type { Subscription, SubscriptionKey } from '../../core/subscriptions.ts'
import type { DirectoryPorts } from './ports.ts'

/**
 * Has an address told of the calls of a number of the account, instead of the one that was told so far.
 * Failures: `from_not_owned`, `url_not_allowed`.
 */
export async function subscribe(
  ports: DirectoryPorts,
  wanted: Omit<Subscription, 'createdAtMs'>,
): Promise<void> {
  await requireOwn(ports, wanted)
  ports.web.checkUrl(wanted.url, 'url')
  await ports.store.subscriptions.set({ ...wanted, createdAtMs: ports.clock.nowMs() })
}

/** Nobody is told any more; fine when nobody was. Failure `from_not_owned`. */
export async function unsubscribe(ports: DirectoryPorts, key: SubscriptionKey): Promise<void> {
  await requireOwn(ports, key)
  await ports.store.subscriptions.remove(key)
}

/** Who is told of the calls of a number for this dialect, one for each direction at most. */
export async function subscriptionsOf(
  { store }: DirectoryPorts,
  { accountId, dialect, number }: Omit<SubscriptionKey, 'direction'>,
): Promise<Subscription[]> {
  const all = await store.subscriptions.ofNumber(accountId, number)
  return all.filter((one) => one.dialect === dialect)
}

async function requireOwn(
  { store }: DirectoryPorts,
  { accountId, number }: SubscriptionKey,
): Promise<void> {
  const owned = await store.numbers.byNumber(number)
  if (owned?.accountId === accountId) return
  throw new Failure('from_not_owned', `${number} is not a number of this account`)
}
