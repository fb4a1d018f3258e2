import { standingOf } from '../../core/account-standing.ts'
import { Failure } from '../../core/failures.ts'
import type { AccountId } from '../../core/ids.ts'
import type { Page } from '../../core/ports/page.ts'
import type { Account, AccountRecord, ListenNotice } from '../../core/ports/store.ts'
import { amendAccount } from './amend-account.ts'
import { listDevices, removeDevice } from './devices.ts'
import { getAccount } from './get-account.ts'
import { listNumbers, removeNumber } from './numbers.ts'
import type { DirectoryPorts } from './ports.ts'

export { getAccount } from './get-account.ts'

const maxAccounts = 100_000

/** What an account may change of itself. */
export interface AccountChange {
  readonly name?: string | undefined
  /** One of its numbers; null: none. */
  readonly defaultNumber?: string | null | undefined
  readonly recordTriggerCalls?: boolean | undefined
  readonly listenNotice?: ListenNotice | 'none' | undefined
}

/** What the operator may change besides. */
export interface OperatorChange extends AccountChange {
  /** Null: as the rest. */
  readonly requestsPerSecond?: number | null | undefined
  readonly status?: 'active' | 'suspended' | undefined
}

/** Failure `limit_reached`. */
export async function createAccount(
  { store, ids }: DirectoryPorts,
  wanted: { name: string; recordTriggerCalls?: boolean; requestsPerSecond?: number | null },
): Promise<AccountRecord> {
  const { total } = await store.accounts.list({ page: 1, pageSize: 1 })
  if (total >= maxAccounts) {
    throw new Failure('limit_reached', `There are ${maxAccounts} accounts already`)
  }
  const { name, recordTriggerCalls = false, requestsPerSecond = null } = wanted
  const id = ids.uuid() as AccountId
  await store.accounts.insert({
    ...{ id, name, defaultNumber: null, recordTriggerCalls },
    ...(requestsPerSecond !== null && { requestsPerSecond }),
  })
  return getAccount({ store }, id)
}

export const listAccounts = ({ store }: DirectoryPorts, page: Page) => store.accounts.list(page)

/** Fields that are not given stay. Failures `not_found`, `from_not_owned`, `account_closed`, `invalid_request`. */
export const changeAccount = (
  ports: DirectoryPorts,
  id: string,
  change: OperatorChange,
): Promise<AccountRecord> => amendAccount(ports, id, (stored) => changed(ports, stored, change))

async function changed(
  ports: DirectoryPorts,
  stored: AccountRecord,
  change: OperatorChange,
): Promise<Account> {
  if (stored.status === 'closed') throw standingOf(stored)
  if (change.status === 'suspended') refuseOperator(stored)
  const { status, requestsPerSecond, ...rest } = change
  if (rest.defaultNumber) await requireNumber(ports, stored, rest.defaultNumber)
  const { status: _old, requestsPerSecond: rate, listenNotice: told, ...account } = stored
  const notice = change.listenNotice ?? told ?? 'none'
  const perSecond = requestsPerSecond === undefined ? rate : (requestsPerSecond ?? undefined)
  const isSuspended = status === undefined ? stored.status === 'suspended' : status === 'suspended'
  return {
    ...account,
    ...given(rest),
    ...(notice !== 'none' && { listenNotice: notice }),
    ...(perSecond !== undefined && { requestsPerSecond: perSecond }),
    ...(isSuspended && { status: 'suspended' }),
  }
}

/**
 * For good: its keys end at once, and its numbers and devices are free for others. Its records are kept. Failures
 * `not_found`, `invalid_request`.
 */
export async function closeAccount(ports: DirectoryPorts, id: string): Promise<Account> {
  const account = await amendAccount(ports, id, (stored) => {
    refuseOperator(stored)
    return { ...stored, status: 'closed', defaultNumber: null }
  })
  for (const key of await ports.store.keys.list(account.id)) {
    await ports.store.keys.remove(account.id, key.id)
  }
  for (const number of await listNumbers(ports, account.id)) {
    await removeNumber(ports, account.id, number.id)
  }
  for (const device of await listDevices(ports, account.id)) {
    await removeDevice(ports, account.id, device.id)
  }
  return account
}

function refuseOperator({ isOperator }: Account): void {
  if (!isOperator) return
  throw new Failure('invalid_request', "The operator's own account can not be closed or suspended")
}

async function requireNumber({ store }: DirectoryPorts, { id }: Account, number: string) {
  if ((await store.numbers.byNumber(number))?.accountId === id) return
  const text = 'default_number must be a number of the account'
  throw new Failure('from_not_owned', text, 'default_number')
}

const given = ({ name, defaultNumber, recordTriggerCalls }: AccountChange): Partial<Account> => ({
  ...(name !== undefined && { name }),
  ...(defaultNumber !== undefined && { defaultNumber }),
  ...(recordTriggerCalls !== undefined && { recordTriggerCalls }),
})
