import { type AccountLimits, noLimits, prefixRefusal } from '../core/account-limits.ts'
import { standingOf } from '../core/account-standing.ts'
import { Failure } from '../core/failures.ts'
import type { AccountId } from '../core/ids.ts'
import { costOfCall } from '../core/money/call-money.ts'
import type { AppliedRate } from '../core/money/rate.ts'
import { numberInUri } from '../core/numbers.ts'
import type { Account, Store } from '../core/ports/store.ts'
import type { AccountDesk, Spent } from './account-desk.ts'
import { type Routed, type RoutePorts, route } from './route.ts'

export interface LimitPorts {
  readonly store: {
    readonly accounts: Pick<Store['accounts'], 'get'>
    readonly calls: Pick<Store['calls'], 'list'>
  }
}

const hourMs = 3_600_000

/**
 * What limits are decided by: the account as it is stored now, and not as it was when its call began. Failures
 * `account_suspended`, `account_closed`.
 */
export async function accountNow(
  { store }: LimitPorts,
  desk: AccountDesk,
  id: AccountId,
): Promise<Pick<Account, 'id' | 'limits'>> {
  const stored = await store.accounts.get(id)
  const standing = stored && standingOf(stored)
  if (standing) throw standing
  const account: Pick<Account, 'id' | 'limits'> = stored ?? { id }
  if ((account.limits?.maxSpendPerHourMicro ?? null) !== null) {
    await desk.restore(id, () => spentBefore(store, id, desk.sinceMs))
  }
  return account
}

/** Answered calls by trunks that ended in the hour before `sinceMs`: what a restart would forget. */
async function spentBefore(
  { calls }: LimitPorts['store'],
  id: AccountId,
  sinceMs: number,
): Promise<Spent[]> {
  const spent: Spent[] = []
  const pageSize = 100
  // By the start: calls that are longer than a day are not made. Those that begin meanwhile would move the pages.
  const startAfterMs = sinceMs - 24 * hourMs
  const filter = { direction: 'outbound', startAfterMs, startBeforeMs: sinceMs } as const
  for (let page = 1; ; page++) {
    const found = await calls.list(id, { ...filter, page, pageSize })
    for (const call of found.calls) {
      const { trunkId, endedAtMs } = call
      if (trunkId === null || endedAtMs === null) continue
      if (endedAtMs > sinceMs - hourMs && endedAtMs <= sinceMs) {
        spent.push({ micro: costOfCall(call)?.micro ?? 0, endedAtMs })
      }
    }
    if (found.calls.length < pageSize) return spent
  }
}

/** Where a call goes, and what it costs there. */
interface Priced {
  readonly routed: Routed
  readonly rate: AppliedRate | undefined
  /** What the application calls the destination. */
  readonly field?: string | undefined
}

type Limited = { readonly id: AccountId; readonly limits?: AccountLimits }

/**
 * Why the account may not make this call now: `target_not_allowed` (its prefixes), `limit_reached` (calls,
 * calls per second, spend per hour). Undefined when it may.
 */
export function accountRefusal(
  desk: AccountDesk,
  { id, limits = noLimits }: Limited,
  { routed, rate, field = 'to' }: Priced,
): Failure | undefined {
  return prefixFailure(limits, dialledIn(routed), field) ?? desk.refusal(id, limits, rate)
}

/** The same for a call that is under way and goes elsewhere: it is no second one. */
export function turnRefusal(
  desk: AccountDesk,
  { id, limits = noLimits }: Limited,
  { routed, rate, field = 'to' }: Priced,
): Failure | undefined {
  const refusal = prefixFailure(limits, dialledIn(routed), field)
  return refusal ?? desk.spendRefusal(id, limits, rate)
}

/** The Failure of `route`: a number that may not be called is refused for that, also where no trunk takes it. */
export async function routeWithin(
  ports: RoutePorts & LimitPorts,
  account: Account,
  to: string,
  field = 'to',
): Promise<Routed> {
  try {
    return await route(ports, account, to, field)
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'no_route') throw error
    const now = (await ports.store.accounts.get(account.id)) ?? account
    throw prefixFailure(now.limits ?? noLimits, to, field) ?? error
  }
}

/** Where the call leaves by a trunk. */
export const numberIn = (routed: Routed): string | undefined =>
  routed.is === 'byTrunk' ? routed.number : undefined

/** A number that is dialled here, or by whoever has the SIP address. */
const dialledIn = (routed: Routed): string | undefined =>
  routed.is === 'direct' && routed.target.kind === 'uri'
    ? numberInUri(routed.target.uri)
    : numberIn(routed)

function prefixFailure(
  limits: AccountLimits,
  number: string | undefined,
  field: string,
): Failure | undefined {
  const forbidden = number === undefined ? undefined : prefixRefusal(limits, number)
  return forbidden === undefined ? undefined : new Failure('target_not_allowed', forbidden, field)
}
