import type { Attempt } from '../core/ports/sip.ts'
import { anotherTrunkMayHelp } from '../core/trunk-choice.ts'
import type { LiveCall } from './live-call.ts'
import type { LiveCalls } from './live-calls.ts'
import type { Ports } from './ports.ts'
import { redirected } from './redirected.ts'

/**
 * An INVITE of ours came to nothing: the end of the call, or its next trunk. Nobody whose phone has rung
 * is called a second time, unless that phone says where. Only from inside a job of the call.
 */
export async function refused(
  ports: Ports,
  calls: LiveCalls,
  call: LiveCall,
  sipStatus: number,
  attempt: Attempt | undefined,
): Promise<void> {
  if (call.state.at !== 'ended' && attempt) {
    call.record = { ...call.record, sipCallId: attempt.sipCallId }
  }
  if (attempt?.redirects && (await redirected(ports, calls, call, attempt.redirects))) return
  if (call.state.at === 'queued' && call.record.trunkId !== null) {
    const silent = attempt?.silent ?? false
    if (!anotherTrunkMayHelp(sipStatus, silent)) calls.trunks.succeeded(call.record.trunkId)
    // Without the control connection no trunk can be reached, and none is to blame.
    else if (ports.sip.ready() && (await wentOn(ports, calls, call, sipStatus))) return
  }
  await call.apply({ is: 'rejected', sipStatus })
}

/** Tells that the trunk failed; false when there is no other. */
async function wentOn(
  ports: Ports,
  calls: LiveCalls,
  call: LiveCall,
  sipStatus: number,
): Promise<boolean> {
  const { trunkId, sipCallId } = call.record
  if (trunkId !== null) calls.trunks.failed(trunkId)
  const ways = call.made.ways
  const another = ways?.next() ?? false
  const nextTrunkId = another ? (ways?.trunkId ?? null) : null
  ports.log.warn('trunk failed', { callId: call.id, trunkId, sipStatus, nextTrunkId })
  if (another) call.record = { ...call.record, trunkId: nextTrunkId, sipCallId: null }
  await call.note('trunk.failed', { trunkId, sipStatus, sipCallId, nextTrunkId })
  if (another) await call.apply({ is: 'trunkFailed' })
  return another
}
