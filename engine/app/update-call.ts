import type { CallRecord } from '../core/call.ts'
import { Failure } from '../core/failures.ts'
import type { AccountId, CallId } from '../core/ids.ts'
import { redirect } from './actions/redirect.ts'
import type { UpdateCall } from './call-centre.ts'
import { find, requireLive } from './find-call.ts'
import type { LiveCall } from './live-call.ts'
import type { LiveCalls } from './live-calls.ts'
import type { Ports } from './ports.ts'

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
  if (update.url !== undefined) {
    const { url, method = 'POST', format, fallbackUrl } = update
    await redirect({ ports, calls }, call, {
      ...{ url, method },
      ...(format !== undefined && { format }),
      ...(fallbackUrl !== undefined && { fallbackUrl }),
    })
  }
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
