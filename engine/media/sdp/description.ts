import type { Fingerprint, SrtpKey, WebRtcEnd } from '../agreement.ts'

/** SDP (RFC 8866) reduced to what a voice leg needs, with every field already checked for its type. */

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive'

export interface RtpMap {
  readonly payloadType: number
  readonly name: string
  readonly rateHz: number
  readonly channels: number
}

export interface IceCredentials {
  readonly usernameFragment: string
  readonly password: string
}

/** What stands in the line or, for what may, in the session. */
export interface MediaLine {
  readonly type: string
  readonly port: number
  readonly protocol: string
  /** The format list as it stands in the line; kept so that a rejected line can be answered. */
  readonly formats: string
  /** Undefined when neither line nor session has one. */
  readonly address: string | undefined
  readonly direction: Direction
  readonly rtpMaps: readonly RtpMap[]
  readonly ptimeMs: number | undefined
  readonly rtcpMux: boolean
  readonly rtcpRsize: boolean
  /** Where it takes RTCP, if not above its port of RTP (RFC 3605). */
  readonly rtcp: { readonly port: number; readonly address: string | undefined } | undefined
  /** It gives RTCP no bandwidth (RFC 3556). */
  readonly withoutRtcp: boolean
  /** The extended reports that it names (RFC 3611 section 5). */
  readonly rtcpXr: readonly string[]
  /** Values of the crypto lines (RFC 4568), unread. */
  readonly cryptos: readonly string[]
  readonly mid: string | undefined
  /** Its mid is in a BUNDLE group (RFC 9143). */
  readonly bundled: boolean
  readonly ice: IceCredentials | undefined
  readonly iceLite: boolean
  /** As they stand there: of any algorithm, with any value. */
  readonly fingerprints: readonly Fingerprint[]
  readonly setup: string | undefined
  /** The first that is named (RFC 5576). */
  readonly ssrc: number | undefined
  /** Number of the header extension with the mid, in the form of one byte (RFC 8285). */
  readonly midExtension: number | undefined
  /** Likewise of the one with the loudness of each packet (RFC 6464). */
  readonly audioLevelExtension: number | undefined
}

export interface Description {
  readonly media: readonly MediaLine[]
}

/** One `a=crypto` line (RFC 4568 section 4). */
export interface CryptoLine {
  readonly tag: number
  readonly key: SrtpKey
}

/** Where our packets come and go, and what protects them, as a line of ours says it. */
export type OwnTransport =
  | {
      readonly kind: 'plain'
      readonly protocol: string
      readonly port: number
      readonly rtcpMux: boolean
      /** Extended reports that we send, and take, as it was offered. */
      readonly rtcpXr: readonly string[]
      readonly cryptos: readonly CryptoLine[]
    }
  | {
      readonly kind: 'webrtc'
      readonly protocol: string
      readonly end: WebRtcEnd
      readonly setup: 'actpass' | 'active' | 'passive'
      readonly mid: string | undefined
      readonly bundled: boolean
      readonly midExtension: number | undefined
      readonly rtcpRsize: boolean
    }

/** A line that we take part in. */
export interface OwnAudioLine {
  readonly kind: 'audio'
  readonly transport: OwnTransport
  readonly direction: Direction
  readonly rtpMaps: readonly RtpMap[]
  /** Under which the loudness of each packet (RFC 6464) may come; we send none. */
  readonly audioLevelExtension: number | undefined
}

/** A line that we refuse: port 0, everything else as it came (RFC 3264 section 6). */
export interface RefusedLine {
  readonly kind: 'refused'
  readonly type: string
  readonly protocol: string
  readonly formats: string
  readonly mid: string | undefined
}

export interface OwnDescription {
  readonly sessionId: number
  readonly sessionVersion: number
  readonly address: string
  readonly media: readonly (OwnAudioLine | RefusedLine)[]
}
