import { type CallRecord, isFinal } from '../core/call.ts'
import { Failure } from '../core/failures.ts'
import type { AccountId, CallId } from '../core/ids.ts'
import type { LiveCall } from './live-call.ts'
import type { LiveCalls } from './live-calls.ts'
import type { Ports } from './ports.ts'

/** Failure `not_found`, also for one of another account. */
export async function find(
  ports: Pick<Ports, 'store'>,
  account: AccountId,
  id: CallId,
): Promise<CallRecord> {
  const stored = await ports.store.calls.get(account, id)
  if (!stored) throw new Failure('not_found', 'no such call')
  return stored
}

/** A call that is not over. Failures `not_found`, `call_ended`. */
export async function requireLive(
  ports: Ports,
  calls: LiveCalls,
  account: AccountId,
  id: CallId,
): Promise<LiveCall> {
  const stored = await find(ports, account, id)
  const call = calls.get(id)
  if (!call || isFinal(stored.status) || call.state.at === 'ended') throw over()
  return call
}

/** A call that is answered and not over. Failures `not_found`, `call_ended`, `call_not_answered`. */
export async function requireUp(
  ports: Ports,
  calls: LiveCalls,
  account: AccountId,
  id: CallId,
): Promise<LiveCall> {
  const call = await requireLive(ports, calls, account, id)
  requireStillUp(call)
  return call
}

/** Also after something that took its time. Failures `call_ended`, `call_not_answered`. */
export function requireStillUp(call: LiveCall): void {
  if (call.state.at === 'ended') throw over()
  if (call.state.at !== 'up') throw new Failure('call_not_answered', 'the call is not answered yet')
}

const over = () => new Failure('call_ended', 'the call is over')
