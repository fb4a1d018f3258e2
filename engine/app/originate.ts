import { type CallRecord, freshCall } from '../core/call.ts'
import { Failure } from '../core/failures.ts'
import type { CallId } from '../core/ids.ts'
import type { Account } from '../core/ports/store.ts'
import type { LiveCall, NewCall } from './live-call.ts'
import type { LiveCalls } from './live-calls.ts'
import type { Ports } from './ports.ts'
import type { Program } from './program.ts'
import { route } from './route.ts'
import { observeStep } from './step-times.ts'
import { Ways } from './ways.ts'

export interface Originate {
  readonly account: Account
  readonly to: string
  readonly from: string
  readonly ringTimeoutMs: number
  readonly program: Program
  readonly parentId?: CallId
  readonly callerName?: string
  readonly fields?: Partial<CallRecord>
  /** What the application calls the destination, for its error. */
  readonly toField?: string
  readonly onEnding?: NonNullable<NewCall['onEnding']>
  readonly onRinging?: () => void
}

/** Makes and starts an outbound call. Failures of `route`, of `Ways` and of the store; nothing
 * is left then. */
export async function originate(
  ports: Ports,
  calls: LiveCalls,
  wanted: Originate,
): Promise<LiveCall> {
  const acceptedAtMs = ports.clock.monotonicMs()
  if (calls.size >= (ports.settings.maxCalls ?? Number.POSITIVE_INFINITY)) {
    throw new Failure('overloaded', 'there are as many calls as this system takes')
  }
  const routed = await route(ports, wanted.account, wanted.to, wanted.toField)
  const id = ports.ids.uuid() as CallId
  const ways = new Ways(calls.trunks, id, routed)
  const record = freshCall({
    id,
    accountId: wanted.account.id,
    direction: 'outbound',
    from: wanted.from,
    to: wanted.to,
    createdAtMs: ports.clock.nowMs(),
    parentId: wanted.parentId ?? null,
    trunkId: ways.trunkId,
    ...wanted.fields,
  })
  const made: NewCall = {
    account: wanted.account,
    record,
    program: wanted.program,
    ringTimeoutMs: wanted.ringTimeoutMs,
    ways,
    ...(wanted.callerName === undefined ? {} : { callerName: wanted.callerName }),
    ...(wanted.onEnding === undefined ? {} : { onEnding: wanted.onEnding }),
    ...(wanted.onRinging === undefined ? {} : { onRinging: wanted.onRinging }),
  }
  const call = await calls.begin(made)
  call.enqueue(async () => observeStep(ports, call, 'accept_to_invite', acceptedAtMs))
  return call
}
