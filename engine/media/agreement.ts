import type { AudioCodec } from '../core/ports/media.ts'

/** What two sides agreed on for one leg, as SDP offer and answer say it and as the media thread needs it. */

export type CodecName = AudioCodec

/** A payload type of telephone events and the clock of their timestamps (RFC 4733 section 2.1). */
export interface EventFormat {
  readonly payloadType: number
  readonly rateHz: 8000 | 48000
}

/** Payload type numbers under which the peer may send to us. */
export interface ReceivePayloads extends Readonly<Record<CodecName, readonly number[]>> {
  readonly telephoneEvent: readonly EventFormat[]
}

/** In our order of preference. */
export const srtpSuites = [
  'AEAD_AES_256_GCM',
  'AEAD_AES_128_GCM',
  'AES_CM_128_HMAC_SHA1_80',
  'AES_CM_128_HMAC_SHA1_32',
] as const
export type SrtpSuite = (typeof srtpSuites)[number]

/** One direction's master key and salt (RFC 4568 section 6.1), in Base64 as the crypto line has it. */
export interface SrtpKey {
  readonly suite: SrtpSuite
  readonly keyBase64: string
}

export interface Fingerprint {
  /** As in SDP: `sha-256` and the like. */
  readonly algorithm: string
  /** Hexadecimal bytes with colons. */
  readonly value: string
}

/** What the peer said of its end of a WebRTC connection. */
export interface WebRtcPeer {
  readonly fingerprints: readonly Fingerprint[]
  /** Of DTLS; we are what it is not. */
  readonly role: 'client' | 'server'
  /** Of the stream that it sends; undefined: not said, `mid` tells whose packets they are. */
  readonly ssrc: number | undefined
  readonly mid: string
  /** Number of the header extension with the mid (RFC 9143); undefined: not agreed on. */
  readonly midExtension: number | undefined
  /** Likewise of the one with the loudness of each packet (RFC 6464). */
  readonly audioLevelExtension?: number | undefined
}

/** How packets are protected on the way. A leg is of WebRTC or not for all its life. */
export type Protection =
  | { readonly kind: 'none' }
  /** Keys of SDP (RFC 4568). */
  | { readonly kind: 'sdes'; readonly ours: SrtpKey; readonly theirs: SrtpKey }
  | { readonly kind: 'webrtc'; readonly peer: WebRtcPeer }

/** What SDP says of our end of a WebRTC connection. */
export interface WebRtcEnd {
  readonly iceUsernameFragment: string
  readonly icePassword: string
  readonly fingerprints: readonly Fingerprint[]
  readonly candidates: readonly IceCandidate[]
}

export interface IceCandidate {
  readonly foundation: string
  readonly priority: number
  readonly address: string
  readonly port: number
  readonly protocol: 'udp' | 'tcp'
}

/** How the reports about the streams go (RTCP); with WebRTC they are mediasoup's. */
export interface RtcpTerms {
  /** Null: the peer gives no bandwidth for them (RFC 3556), or no address. */
  readonly remote: { readonly address: string; readonly port: number } | null
  /** They share the port of RTP (RFC 5761). */
  readonly mux: boolean
  /** Extended reports (RFC 3611) that were agreed on: of receivers' round trips, and of speech. */
  readonly xr: { readonly roundTrip: boolean; readonly voip: boolean }
}

export interface Agreement {
  readonly protection: Protection
  /** Undefined: on the port above that of RTP, and no extended ones. */
  readonly rtcp?: RtcpTerms
  /** Where our packets go and from where packets may come; null while the peer gave no address (hold), and for WebRTC. */
  readonly remote: { readonly address: string; readonly port: number } | null
  /** Our packets may go out. */
  readonly send: boolean
  /** The peer's audio is to be heard. */
  readonly receive: boolean
  /** What we encode to, and its payload type number. */
  readonly codec: CodecName
  readonly payloadType: number
  /** Of the events that we send (RFC 4733); null when the peer does not take them. */
  readonly telephoneEvent: EventFormat | null
  /** The peer names comfort noise (RFC 3389): it may send nothing while nobody speaks there. */
  readonly comfortNoise: boolean
  readonly receivePayloads: ReceivePayloads
  /** Packet time that the peer asked for; 20 when it did not. */
  readonly ptimeMs: number
  /** Number of the header extension in which the peer may say how loud each packet is (RFC 6464). */
  readonly audioLevelExtension?: number | undefined
}
