import { Failure } from '../../core/failures.ts'
import { addressOfMailUrl, isMailAddress, isMailUrl } from '../../core/ports/mail.ts'
import type { Subscription, SubscriptionKey } from '../../core/subscriptions.ts'
import type { DirectoryPorts } from './ports.ts'

/**
 * Has an address told of the calls of a number of the account, instead of the one that was told so far.
 * Failures: `from_not_owned`, `url_not_allowed`, `invalid_request`: an e-mail that can't be sent.
 */
export async function subscribe(
  ports: DirectoryPorts,
  wanted: Omit<Subscription, 'createdAtMs'>,
): Promise<void> {
  await requireOwn(ports, wanted)
  if (isMailUrl(wanted.url)) requireMail(ports, addressOfMailUrl(wanted.url))
  else ports.web.checkUrl(wanted.url, 'url')
  await ports.store.subscriptions.set({ ...wanted, createdAtMs: ports.clock.nowMs() })
}

/** Failure `invalid_request`: it is no address, or no mail server is set. */
export function requireMail(
  { sendsMail }: Pick<DirectoryPorts, 'sendsMail'>,
  address: string,
  field = 'email',
): void {
  if (!isMailAddress(address))
    throw new Failure('invalid_request', `${field} must be an e-mail address`, field)
  if (sendsMail) return
  const message = 'E-mails can not be sent from here: the operator has not set RINGDOWN_SMTP_URL'
  throw new Failure('invalid_request', message, field)
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
