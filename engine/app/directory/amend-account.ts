import type { Account, AccountRecord, Store } from '../../core/ports/store.ts'
import { getAccount } from './get-account.ts'

type Accounts = Store['accounts']

/** The last change of each account that is not done yet. One engine at a time has a database. */
const pending = new WeakMap<Accounts, Map<string, Promise<unknown>>>()

/**
 * Stores what `change` makes of an account. Changes of one account wait for each other: an account that gives itself
 * another name does not end its suspension that was said meanwhile. Failures `not_found`, and those of `change`.
 */
export async function amendAccount(
  { store }: { readonly store: { readonly accounts: Accounts } },
  id: string,
  change: (stored: AccountRecord) => Account | Promise<Account>,
): Promise<AccountRecord> {
  const { accounts } = store
  const waiting = pending.get(accounts) ?? new Map<string, Promise<unknown>>()
  pending.set(accounts, waiting)
  const before = waiting.get(id)
  const done = (async () => {
    await before?.catch(() => undefined)
    const stored = await getAccount({ store }, id)
    await accounts.update(await change(stored))
    return getAccount({ store }, id)
  })()
  waiting.set(id, done)
  try {
    return await done
  } finally {
    if (waiting.get(id) === done) waiting.delete(id)
  }
}
