import { type DeviceOptions, deviceOptionsOf } from '../core/device-options.ts'
import { Failure } from '../core/failures.ts'
import {
  type ContactPlace,
  isSecureHop,
  type MediaKind,
  mediaKindAt,
  mediaKindOf,
} from '../core/media-way.ts'
import type { AudioCodec, LegOptions, Media } from '../core/ports/media.ts'
import { worthCalling } from '../core/ports/registrations.ts'
import type { IncomingInvite, Sip, SipTarget } from '../core/ports/sip.ts'
import type { DeviceRecord } from '../core/ports/store.ts'
import { optionsOf } from '../core/trunk-options.ts'
import type { LiveCall } from './live-call.ts'

/** What a call that goes out offers where it goes. */
export interface MediaWay {
  /** Empty where nobody may be called. */
  readonly kinds: readonly MediaKind[]
  readonly options: LegOptions & Required<Pick<LegOptions, 'codecs'>>
}

/** Why no INVITE goes out, or none is answered. */
export const unprotected =
  'SRTP is required, and its keys may not be told over signalling that is not TLS'

/** To the places that a target stands for now. */
export function mediaWayTo(sip: Pick<Sip, 'registeredContacts'>, target: SipTarget): MediaWay {
  if (target.kind === 'uri') {
    return { kinds: ['rtp'], options: { codecs: deviceOptionsOf({}).codecs } }
  }
  if (target.kind === 'device') {
    const contacts = worthCalling(sip.registeredContacts(target.deviceId))
    return wayToContacts(contacts, deviceOptionsOf(target.options ?? {}))
  }
  const { codecs, srtp } = optionsOf(target.trunk)
  const secureSignalling = target.trunk.transport === 'tls'
  const isRefused = srtp === 'required' && !secureSignalling
  return { kinds: isRefused ? [] : ['rtp'], options: { codecs, srtp, secureSignalling } }
}

/** One offer goes to all who speak RTP: it has keys only where nobody reads it on the way to any of them. */
function wayToContacts(contacts: readonly ContactPlace[], device: DeviceOptions): MediaWay {
  const of = (kind: MediaKind) => contacts.filter((one) => mediaKindOf(one, device) === kind)
  const kinds = (['rtp', 'webrtc'] as const).filter((kind) => of(kind).length > 0)
  const { codecs, srtp } = device
  const secureSignalling = of('rtp').every(({ source }) => isSecureHop(source))
  return { kinds, options: { codecs, srtp, secureSignalling } }
}

/** What is known of the audio of a call that came in, before it is answered. */
export interface MediaIn {
  /** Of a call without an offer ours is for a browser. */
  readonly kind: MediaKind
  readonly options: LegOptions
  /** Those that can be agreed on, the most wanted first. */
  readonly codecs: readonly AudioCodec[]
  /** Why it can't be answered. */
  readonly unusable?: string
}

/** Whoever is told codecs prefers them in that order; else the caller's order counts. */
export function mediaIn(
  media: Pick<Media, 'examine'>,
  invite: IncomingInvite,
  device: DeviceRecord | undefined,
): MediaIn {
  const { protocol, natAddress, sdp } = invite
  const said = device ?? invite
  const { srtp, codecs } = device ? deviceOptionsOf(device) : optionsOf(invite)
  const secureSignalling = isSecureHop(protocol)
  const kind = device ? mediaKindAt(protocol, deviceOptionsOf(device)) : 'rtp'
  const options = { srtp, secureSignalling, ...natOptions(natAddress) }
  if (sdp === undefined) {
    const isRefused = kind === 'rtp' && srtp === 'required' && !secureSignalling
    return { kind, options, codecs, ...(isRefused && { unusable: unprotected }) }
  }
  try {
    const offered = media.examine(sdp, options)
    const [order, others] = said.codecs ? [codecs, offered] : [offered, codecs]
    return { kind, options, codecs: order.filter((codec) => others.includes(codec)) }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return { kind, options, codecs, unusable: error.message }
  }
}

/** How the leg of a peer that may be behind a NAT is opened. */
export const natOptions = (natAddress: string | undefined): LegOptions =>
  natAddress === undefined ? {} : { natSourceAddress: natAddress }

/** Those in `codecs`, the favoured ones first. */
export const favouring = (
  codecs: readonly AudioCodec[],
  favoured: readonly AudioCodec[],
): AudioCodec[] => [
  ...favoured.filter((codec) => codecs.includes(codec)),
  ...codecs.filter((codec) => !favoured.includes(codec)),
]

/** The codec of a call, or as long as that is open those that it may get: whoever talks to it had best have it too. */
export function codecsWith(
  media: Pick<Media, 'agreedOn'>,
  other: LiveCall | undefined,
): readonly AudioCodec[] {
  const terms = other && media.agreedOn(other.id)
  return terms ? [terms.codec] : (other?.made.media?.codecs ?? [])
}
