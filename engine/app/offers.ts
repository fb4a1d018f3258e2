import { Failure } from '../core/failures.ts'
import type { MediaKind, Offers } from '../core/media-way.ts'
import { isCallable } from '../core/ports/registrations.ts'
import type { SipTarget } from '../core/ports/sip.ts'
import { codecsWith, favouring, mediaWayTo } from './leg-options.ts'
import type { LiveCall } from './live-call.ts'
import type { LiveCalls } from './live-calls.ts'
import { peerAddressOf } from './peer-address.ts'
import type { Ports } from './ports.ts'

/**
 * Our offers for whom a call goes to, and no more of them than are needed; the codec of the call that wants
 * it first, so that nothing has to be transcoded. None (`{}`) where nobody is registered any more, undefined
 * where nobody may be called without SRTP. What can't be had now (no mediasoup worker, no free port) is left out
 * where there is something else to offer. Failures of `Media.offer`.
 */
export async function offersTo(
  ports: Ports,
  calls: LiveCalls,
  call: LiveCall,
  target: SipTarget,
): Promise<Offers | undefined> {
  const { kinds, options } = mediaWayTo(ports.sip, target)
  if (kinds.length === 0) return isAway(ports, target) ? {} : undefined
  const { parentId } = call.record
  const parent = parentId === null ? undefined : calls.get(parentId)
  const codecs = favouring(options.codecs, codecsWith(ports.media, parent))
  call.leg = { ...options, codecs }
  const peer = peerAddressOf(ports.sip, target)
  const offers: Partial<Record<MediaKind, string>> = {}
  const missing: Failure[] = []
  for (const kind of kinds) {
    const near = parent && { near: parent.id }
    const wanted = { ...call.leg, ...peer, ...near, webrtc: kind === 'webrtc' }
    try {
      offers[kind] = await ports.media.offer(call.id, wanted)
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'no_media_port') throw error
      ports.log.warn('offer left out', { callId: call.id, kind, error: error.message })
      missing.push(error)
    }
  }
  const [first] = missing
  if (first && missing.length === kinds.length) throw first
  return offers
}

const isAway = ({ sip }: Ports, target: SipTarget): boolean =>
  target.kind === 'device' && !sip.registeredContacts(target.deviceId).some(isCallable)
