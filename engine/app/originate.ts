import { type CallRecord, freshCall } from '../core/call.ts'
import { Failure } from '../core/failures.ts'
import type { CallId } from '../core/ids.ts'
import type { CallMoney } from '../core/money/call-money.ts'
import type { AppliedRate } from '../core/money/rate.ts'
import type { SipCredentials } from '../core/ports/sip.ts'
import type { Account } from '../core/ports/store.ts'
import { accountNow, accountRefusal, numberIn, routeWithin } from './account-limits.ts'
import type { Onward } from './forwarding.ts'
import type { LiveCall, NewCall } from './live-call.ts'
import type { LiveCalls } from './live-calls.ts'
import { moneyFor } from './money/money-for.ts'
import type { Ports } from './ports.ts'
import type { Program } from './program.ts'
import type { Routed } from './route.ts'
import { observeStep } from './step-times.ts'
import { Ways } from './ways.ts'

export interface Originate {
  readonly account: Account
  /** Of the call; one that nobody knew before is made up. */
  readonly id?: CallId
  readonly to: string
  readonly from: string
  readonly ringTimeoutMs: number
  readonly program: Program
  readonly parentId?: CallId
  readonly callerName?: string
  /** Of a SIP address. */
  readonly credentials?: SipCredentials
  /** Extra headers of the INVITE. */
  readonly headers?: Readonly<Record<string, string>>
  /** Of a call that goes on from another. */
  readonly onward?: Onward
  /** As in InviteRequest. */
  readonly mayRefer?: boolean
  /** What its record has besides; `money` is what it begins with. */
  readonly fields?: Partial<CallRecord> | ((money: CallMoney) => Partial<CallRecord>)
  /** As of `NewCall`. */
  readonly coverMicro?: number
  /** What the application calls the destination, for its error. */
  readonly toField?: string
  readonly onEnding?: NonNullable<NewCall['onEnding']>
  readonly onRinging?: () => void
}

/** Makes and starts an outbound call. Failures of `route`, of its price, of `accountRefusal`, of
 * `Ways`, of the store, and `insufficient_credits`; nothing is left then. */
export async function originate(
  ports: Ports,
  calls: LiveCalls,
  wanted: Originate,
): Promise<LiveCall> {
  const acceptedAtMs = ports.clock.monotonicMs()
  if (calls.size >= (ports.settings.maxCalls ?? Number.POSITIVE_INFINITY)) {
    throw new Failure('overloaded', 'there are as many calls as this system takes')
  }
  const found = await routeWithin(ports, wanted.account, wanted.to, wanted.toField)
  const routed = knownThere(found, wanted.credentials)
  const id = wanted.id ?? (ports.ids.uuid() as CallId)
  const money = await moneyFor(ports, wanted.account, {
    ...{ direction: 'outbound', number: numberIn(routed) },
    ...(wanted.toField === undefined ? {} : { field: wanted.toField }),
  })
  const ways = await claim(ports, calls, wanted, { id, routed, rate: money.rate ?? undefined })
  const record = freshCall({
    id,
    accountId: wanted.account.id,
    direction: 'outbound',
    from: wanted.from,
    to: wanted.to,
    createdAtMs: ports.clock.nowMs(),
    parentId: wanted.parentId ?? null,
    trunkId: ways.trunkId,
    deviceId: deviceOf(routed),
    ...(wanted.account.isTest && { isTest: true }),
    money,
    ...(typeof wanted.fields === 'function' ? wanted.fields(money) : wanted.fields),
  })
  const made: NewCall = {
    account: wanted.account,
    record,
    program: wanted.program,
    ringTimeoutMs: wanted.ringTimeoutMs,
    ways,
    ...(wanted.coverMicro === undefined ? {} : { coverMicro: wanted.coverMicro }),
    ...(wanted.callerName === undefined ? {} : { callerName: wanted.callerName }),
    ...(wanted.headers === undefined ? {} : { headers: wanted.headers }),
    ...(wanted.onward === undefined ? {} : { onward: wanted.onward }),
    ...(wanted.mayRefer && { mayRefer: true }),
    ...(wanted.onEnding === undefined ? {} : { onEnding: wanted.onEnding }),
    ...(wanted.onRinging === undefined ? {} : { onRinging: wanted.onRinging }),
  }
  const call = await calls.begin(made)
  call.enqueue(async () => observeStep(ports, call, 'accept_to_invite', acceptedAtMs))
  return call
}

/** Trunks have credentials of their own, and phones of ours ask for none. */
function knownThere(routed: Routed, credentials: SipCredentials | undefined): Routed {
  if (!credentials || routed.is !== 'direct' || routed.target.kind !== 'uri') return routed
  return { ...routed, target: { ...routed.target, credentials } }
}

/** Whose phone is called. */
const deviceOf = (routed: Routed): CallRecord['deviceId'] =>
  routed.is === 'direct' && routed.target.kind === 'device' ? routed.target.deviceId : null

/** A place among the account's calls, and one on a trunk. */
async function claim(
  ports: Ports,
  calls: LiveCalls,
  { account: { id: accountId }, toField }: Originate,
  { id, routed, rate }: { id: CallId; routed: Routed; rate: AppliedRate | undefined },
): Promise<Ways> {
  const account = await accountNow(ports, calls.accounts, accountId)
  const refusal = accountRefusal(calls.accounts, account, { routed, rate, field: toField })
  if (refusal) throw refusal
  calls.accounts.begin(id, accountId, rate)
  try {
    return new Ways(calls.trunks, id, routed)
  } catch (error) {
    calls.accounts.withdraw(id)
    throw error
  }
}
