/** Where a leg's packets go to and come from, once SDP has told it. */
export interface RtpTarget {
  readonly address: string
  readonly port: number
  /**
   * IP of the signalling peer, when the packets may in truth come from another port or address of it
   * because a NAT lies between. Undefined: only `address` and `port` are listened to.
   */
  readonly natAddress: string | undefined
  /** All payload types of either direction, that of our audio first. */
  readonly payloadTypes: readonly number[]
}

export interface RtpPortStatistics {
  readonly packetsSent: number
  readonly packetsReceived: number
  /** From an address that is not the peer's; dropped. */
  readonly packetsFromStrangers: number
  /** RTCP that arrived; it is read by nobody. */
  readonly rtcpReceived: number
}

/**
 * One leg's way to the network: RTP in, RTP out, and nothing from or to anybody but the peer.
 * There is one over own UDP sockets and one over mediasoup; test/media/rtp-port.cases.ts holds for both.
 */
export interface RtpPort {
  /** The UDP port to be named in SDP. */
  readonly localPort: number
  /** Gets every packet of the peer: RTP, not yet checked. The bytes are lent for the call. */
  onPacket: (packet: Uint8Array, bytes: number) => void
  /** Aims at the peer, or at nobody. Before the first call nothing is sent and nothing let in. */
  aim(target: RtpTarget | null): void
  /** Sends the first `bytes` of `packet`, which may be reused at once. */
  send(packet: Uint8Array, bytes: number): void
  /** Packets of the peer so far, RTP and RTCP; and those that were RTCP. For the tick, unlike `statistics`. */
  readonly heard: number
  readonly heardRtcp: number
  statistics(): RtpPortStatistics
  /** Idempotent. Afterwards `onPacket` is not called and `send` does nothing. */
  close(): Promise<void>
}

export interface RtpPorts {
  /** @throws Failure `no_media_port` when every port is taken. */
  open(): Promise<RtpPort>
  close(): Promise<void>
}
