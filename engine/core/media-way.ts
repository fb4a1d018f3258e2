import type { DeviceOptions } from './device-options.ts'

/** What a leg's audio is to a phone: RTP as SIP phones know it, or WebRTC for a browser. */
export type MediaKind = 'rtp' | 'webrtc'

/** One offer for each kind of phone that shall get one. */
export type Offers = Readonly<Partial<Record<MediaKind, string>>>

/** `udp` of `udp/192.0.2.1:5060`, of `UDP`. */
const protocolOf = (source: string): string => source.split('/', 1)[0]?.toLowerCase() ?? ''

/**
 * Nobody on the way reads what goes over it, by the protocol of the hop to us. A WebSocket that came to the
 * HTTP server counts as what it is there: `wss` by our own HTTPS alone, whoever stands before that.
 */
export const isSecureHop = (source: string): boolean => ['tls', 'wss'].includes(protocolOf(source))

/** Over a WebSocket, which nobody but who opened it can open again (RFC 7118). */
export const isWebSocket = (source: string): boolean => ['ws', 'wss'].includes(protocolOf(source))

/** What a phone speaks whose request came over this; `source` as of a contact, or its protocol alone. */
export const mediaKindAt = (
  source: string,
  { webrtc }: Pick<DeviceOptions, 'webrtc'>,
): MediaKind => (webrtc === 'auto' && isWebSocket(source) ? 'webrtc' : 'rtp')

export interface ContactPlace {
  readonly uri: string
  readonly source: string
  readonly path: readonly string[]
}

/**
 * What a contact of a device is to be offered; undefined: nothing, as keys have to be told and the way there
 * is not protected. Behind a proxy (RFC 3327) the contact itself says whether it is on a WebSocket.
 */
export function mediaKindOf(
  { uri, source, path }: ContactPlace,
  options: Pick<DeviceOptions, 'webrtc' | 'srtp'>,
): MediaKind | undefined {
  const own = path.length > 0 && /;transport=wss?(?=[;?]|$)/i.test(uri) ? 'ws' : source
  const kind = mediaKindAt(own, options)
  return kind === 'rtp' && options.srtp === 'required' && !isSecureHop(source) ? undefined : kind
}
