import { Failure } from '../../core/failures.ts'
import { codecsWith, favouring } from '../leg-options.ts'
import type { LiveCall } from '../live-call.ts'
import type { Ports } from '../ports.ts'
import type { Run } from '../program.ts'

/**
 * Our SDP for the caller, made once: what a 183 has said the 200 says again. Without an offer from him it
 * is one of ours. Failure when his can't be used.
 */
export async function sdpForCaller(ports: Ports, call: LiveCall): Promise<string> {
  if (call.earlySdp !== undefined) return call.earlySdp
  const { remoteOffer, media } = call.made
  const codecs = favouring(media?.codecs ?? [], codecsWith(ports.media, call.towards))
  call.leg = { ...call.leg, ...(codecs.length > 0 && { codecs }) }
  return remoteOffer === undefined
    ? ports.media.offer(call.id, { ...call.leg, ...(media?.kind === 'webrtc' && { webrtc: true }) })
    : ports.media.answer(call.id, remoteOffer, call.leg)
}

/**
 * Lets the caller hear something before he is answered (183 with SDP); on a call that is up it does
 * nothing. Resolves false when he can't: it is our call, it is over, or his INVITE had no offer.
 */
export async function earlyMedia({ call, ports }: Run): Promise<boolean> {
  if (call.state.at === 'up') return true
  if (call.record.direction === 'outbound' || call.made.remoteOffer === undefined) return false
  await new Promise<void>((done) => {
    call.enqueue(() => open(ports, call).finally(done))
  })
  return call.earlySdp !== undefined && call.state.at !== 'ended'
}

async function open(ports: Ports, call: LiveCall): Promise<void> {
  if (call.state.at !== 'ringing' || call.earlySdp !== undefined) return
  try {
    call.earlySdp = await sdpForCaller(ports, call)
  } catch (error) {
    ports.log.warn('offer not usable', { callId: call.id, error: String(error) })
    if (error instanceof Failure) call.why = error.message
    return call.apply({ is: 'reject', sipStatus: 488 })
  }
  ports.sip.progress(call.id, 183, call.earlySdp)
}
