import type { ConnectionState } from '../../core/ports/media.ts'
import type { CodecName, Protection, RtcpTerms, WebRtcEnd } from '../agreement.ts'
import type { LinkFigures, PlayoutFigures } from './link-figures.ts'

/** A payload type number and what runs under it, which is the same in both directions. */
export interface RtpFormat {
  readonly payloadType: number
  readonly codec: CodecName | 'telephone-event'
  /** Of its timestamps on the wire: 48000 for Opus, 8000 for G.722, 8000 or 48000 for events. */
  readonly clockHz: 8000 | 48000
}

/** Where a leg's packets go to and come from, and what they are, once SDP has told it. */
export interface RtpTarget {
  /** Null: nobody for now. Keys and streams stay as they are until the peer is back. Of no effect on WebRTC. */
  readonly remote: { readonly address: string; readonly port: number } | null
  /**
   * IP of the signalling peer, when the packets may in truth come from another port or address of it
   * because a NAT lies between. Undefined: only `remote` is listened to.
   */
  readonly natAddress: string | undefined
  /** All payload types of either direction, each once, that of our audio first. */
  readonly formats: readonly RtpFormat[]
  /** `webrtc` for a WebRtcPort and one of the others for an AddressedRtpPort; may change within that. */
  readonly protection: Protection
  /** Undefined: RTCP is on the port above that of RTP. Of no effect on WebRTC. */
  readonly rtcp?: RtcpTerms | undefined
}

export interface RtpPortStatistics {
  readonly packetsSent: number
  readonly packetsReceived: number
  /** From an address that is not the peer's; dropped. */
  readonly packetsFromStrangers: number
  /** From the peer's address, but not under its key, or sent twice (SRTP); dropped. */
  readonly packetsForged: number
  /** RTCP that arrived; for WebRTC, seconds in which anything came (RTCP is mediasoup's there). */
  readonly rtcpReceived: number
}

/**
 * One leg's way to the network: RTP in, RTP out, and nothing from or to anybody but the peer.
 * test/media/rtp-port.cases.ts holds for every kind.
 */
export interface RtpPort {
  /** Gets every packet of the peer: RTP in the clear, not yet checked. The bytes are lent for the call. */
  onPacket: (packet: Uint8Array, bytes: number) => void
  /**
   * Takes what SDP agreed on, at first or anew; what is as before goes on undisturbed. Takes effect soon, not at
   * once: keys and DTLS take their time. Before the first call nothing is sent and nothing let in.
   * @throws Failure `invalid_request` for keys that are not as long as their suite wants, or a protection of the
   * other kind of port.
   */
  aim(target: RtpTarget): void
  /** Sends the first `bytes` of `packet`, which may be reused at once. */
  send(packet: Uint8Array, bytes: number): void
  /** Packets of the peer so far, RTP and RTCP; and those that were RTCP. For the tick, unlike `statistics`. */
  readonly heard: number
  readonly heardRtcp: number
  statistics(): RtpPortStatistics
  /** By what arrives and what RTCP tells; of a browser as of some seconds ago. */
  link(): LinkFigures
  /** What is made of what arrives, for our reports; once a second or so. */
  plays(figures: PlayoutFigures): void
  /** Idempotent. Afterwards `onPacket` is not called and `send` does nothing. */
  close(): Promise<void>
}

/** A port of a UDP port of its own: plain RTP, or SRTP by keys of SDP. */
export interface AddressedRtpPort extends RtpPort {
  readonly kind: 'addressed'
  /** The UDP port to be named in SDP. */
  readonly localPort: number
}

/** A port behind ICE and DTLS. */
export interface WebRtcPort extends RtpPort {
  readonly kind: 'webrtc'
  /** What SDP is to say of us now. It becomes another by `restartIce`, and when what carries the port died. */
  readonly end: WebRtcEnd
  /**
   * New ICE credentials, for a new offer or for the answer to one with new credentials. The old ones hold until the
   * peer uses the new. After `broken` and `lost` also the way back: what `end` then says works.
   * @throws Failure `no_media_port` when WebRTC can't be had, or the port is closed.
   */
  restartIce(): Promise<WebRtcEnd>
  /**
   * The way to the peer stands, or it does not any more; `broken`: what carried our end died while the peer was not
   * known to be away. `up` and `lost` are told once in a row.
   */
  onConnection: (state: ConnectionState) => void
}

export interface AddressedRtpPorts {
  /**
   * `port`: the UDP port that it is to have where that can be had, rested or not: one that a peer knows already.
   * @throws Failure `no_media_port` when every port is taken.
   */
  open(port?: number): Promise<AddressedRtpPort>
  close(): Promise<void>
}

/** What the media thread has. */
export interface RtpPorts extends AddressedRtpPorts {
  /** @throws Failure `no_media_port` when this engine has no WebRTC: its program is missing, or dies again and again. */
  openWebRtc(): Promise<WebRtcPort>
}
