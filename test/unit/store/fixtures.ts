import { createHash } from 'node:crypto'
import { type CallRecord, freshCall } from '../../../engine/core/call.ts'
import type { CallEventType, EventDraft } from '../../../engine/core/events.ts'
import type { AccountId, CallId, NumberId } from '../../../engine/core/ids.ts'
import type { Account, Store } from '../../../engine/core/ports/store.ts'
import type { Subscription } from '../../../engine/core/subscriptions.ts'
import { openStore } from '../../../engine/store/index.ts'
import { openEmptyStore } from '../../support/databases.ts'

/** A UUID that is the same in every run. */
export const uuid = (name: string | number): string =>
  createHash('md5')
    .update(`${name}`)
    .digest('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

export const accountId = uuid('account') as AccountId
export const otherAccountId = uuid('other account') as AccountId
export const callId = (name: string | number): CallId => uuid(`call ${name}`) as CallId

export const account: Account = {
  id: accountId,
  name: 'first',
  defaultNumber: '+15005550100',
  recordTriggerCalls: true,
}

export const call = (name: string | number, over: Partial<CallRecord> = {}): CallRecord =>
  freshCall({
    id: callId(name),
    accountId,
    direction: 'outbound',
    from: '+15005550100',
    to: '+15005550101',
    createdAtMs: 1_000,
    startedAtMs: null,
    ...over,
  })

export const event = (
  of: CallRecord,
  type: CallEventType,
  atMs = 1_000,
  data: Record<string, unknown> = {},
): EventDraft => ({ type, callId: of.id, atMs, data })

/** A clock that the test sets. */
export const testClock = (nowMs = 1_000) => ({
  now: nowMs,
  nowMs() {
    return this.now
  },
})

/** An empty store with the two accounts, at a place of its own or at that one. */
export async function memoryStore(
  clock: { nowMs(): number } = testClock(),
  path?: string,
): Promise<Store> {
  const store =
    path === undefined ? await openEmptyStore({ clock }) : await openStore({ path, clock })
  await store.accounts.insert(account)
  await store.accounts.insert({ ...account, id: otherAccountId, name: 'second' })
  return store
}

/** Takes a number into service. */
export const withNumber = (store: Store, number: string, owner = accountId): Promise<void> =>
  store.numbers.insert({
    id: uuid(`number ${number}`) as NumberId,
    accountId: owner,
    number,
    route: { kind: 'number', number: '+15005550140' },
    createdAtMs: 1_000,
  })

/** A subscription to the calls that are made from the account's number. */
export const subscription = (over: Partial<Subscription> = {}): Subscription => ({
  accountId,
  dialect: 'foreign',
  number: '+15005550100',
  direction: 'outbound',
  url: 'http://notes.example/begin?id={{uid}}',
  options: { method: 'GET' },
  createdAtMs: 1_000,
  ...over,
})
