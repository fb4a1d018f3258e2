import { Failure } from '../../core/failures.ts'
import type { LiveCall } from '../live-call.ts'
import type { Ports } from '../ports.ts'
import type { Run } from '../program.ts'
import { sdpForCaller } from './early-media.ts'

/**
 * Answers an inbound call; on a call that is up it does nothing. Resolves true when the call is up, false
 * when it is not to be had any more. Without an SDP offer from the caller ours goes out in the 200.
 */
export async function answer({ call, ports }: Run): Promise<boolean> {
  if (call.state.at === 'up') return true
  if (call.record.direction === 'outbound' || call.state.at !== 'ringing') return false
  call.enqueue(() => accept(ports, call))
  return call.answered
}

async function accept(ports: Ports, call: LiveCall): Promise<void> {
  if (call.state.at !== 'ringing') return
  let sdp: string
  try {
    sdp = await sdpForCaller(ports, call)
  } catch (error) {
    ports.log.warn('offer not usable', { callId: call.id, error: String(error) })
    if (error instanceof Failure) call.why = error.message
    return call.apply({ is: 'reject', sipStatus: 488 })
  }
  ports.sip.accept(call.id, sdp)
  await call.apply({ is: 'accept' })
}
