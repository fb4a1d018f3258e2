import type { CallRecord } from '../core/call.ts'
import { isFinal } from '../core/call.ts'
import { Failure } from '../core/failures.ts'
import type { AccountId, CallId } from '../core/ids.ts'
import type { UpdateCall } from './call-centre.ts'
import type { LiveCall } from './live-call.ts'
import type { LiveCalls } from './live-calls.ts'
import type { Ports } from './ports.ts'
import { startProgram } from './program.ts'
import { runInstructions } from './verbs/redirect.ts'

/**
 * Ends a call (`completed` once answered, `canceled` before) or sends it to new instructions. Failures:
 * `not_found`, `call_ended`, `call_not_answered`, `call_already_answered`, those of the URL's check.
 */
export async function updateCall(
  ports: Ports,
  calls: LiveCalls,
  account: AccountId,
  id: CallId,
  update: UpdateCall,
): Promise<CallRecord> {
  const call = await requireLive(ports, calls, account, id)
  if (update.status !== undefined) return end(call, update.status)
  if (update.url !== undefined) redirect(ports, calls, call, update.url, update.method ?? 'POST')
  return call.record
}

/** Ends the call whatever it is doing; an ended one stays as it is. Failure `not_found`. */
export async function endCall(
  ports: Ports,
  calls: LiveCalls,
  account: AccountId,
  id: CallId,
): Promise<void> {
  await find(ports, account, id)
  const call = calls.get(id)
  if (!call) return
  call.feed({ is: 'hangup', by: 'api' })
  await call.ended
}

export async function find(ports: Ports, account: AccountId, id: CallId): Promise<CallRecord> {
  const stored = await ports.store.calls.get(account, id)
  if (!stored) throw new Failure('not_found', 'no such call')
  return stored
}

/** A call that is not over. Failures `not_found`, `call_ended`. */
async function requireLive(
  ports: Ports,
  calls: LiveCalls,
  account: AccountId,
  id: CallId,
): Promise<LiveCall> {
  const stored = await find(ports, account, id)
  const call = calls.get(id)
  if (!call || isFinal(stored.status) || call.state.at === 'ended') {
    throw new Failure('call_ended', 'the call is over')
  }
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
  if (call.state.at !== 'up') throw new Failure('call_not_answered', 'the call is not answered yet')
  return call
}

async function end(call: LiveCall, status: 'completed' | 'canceled'): Promise<CallRecord> {
  const isUp = call.state.at === 'up'
  if (status === 'completed' && !isUp) {
    throw new Failure('call_not_answered', 'the call is not answered yet; use `canceled`', 'status')
  }
  if (status === 'canceled' && isUp) {
    throw new Failure('call_already_answered', 'the call is answered; use `completed`', 'status')
  }
  call.feed({ is: 'hangup', by: 'api' })
  return call.ended
}

function redirect(
  ports: Ports,
  calls: LiveCalls,
  call: LiveCall,
  url: string,
  method: 'GET' | 'POST',
): void {
  if (call.state.at !== 'up') {
    throw new Failure('call_not_answered', 'only an answered call can be redirected', 'url')
  }
  ports.web.checkUrl(url, 'url')
  call.record = { ...call.record, url, method }
  startProgram(call, calls, ports, (run) => runInstructions(run, { url, method }))
}
