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
 * where nobody may be called without SRTP. Failures of `Media.offer`.
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
  const offers: Partial<Record<MediaKind, string>> = {}
  for (const kind of kinds) {
    offers[kind] = await ports.media.offer(call.id, {
      ...call.leg,
      ...peerAddressOf(ports.sip, target),
      webrtc: kind === 'webrtc',
    })
  }
  return offers
}

const isAway = ({ sip }: Ports, target: SipTarget): boolean =>
  target.kind === 'device' && !sip.registeredContacts(target.deviceId).some(isCallable)
