/** What is known of the way between a peer and us, by its packets and its reports (RTCP). */
export interface LinkFigures {
  /** What of the peer's packets never came, in percent of what it sent. */
  readonly lossPercent: number
  /** How unevenly they come (RFC 3550 section 6.4.1). */
  readonly jitterMs: number
  /** To the peer and back; null: no report has told yet. */
  readonly roundTripMs: number | null
  /** What the peer says of our packets; null: it has said nothing. */
  readonly remoteLossPercent: number | null
  /** The same in its last report alone. */
  readonly remoteLossNowPercent: number | null
  readonly remoteJitterMs: number | null
  /** Whole packets of RTP, without what IP and UDP add. */
  readonly bytesSent: number
  readonly bytesReceived: number
}

export const noLink: LinkFigures = {
  lossPercent: 0,
  jitterMs: 0,
  roundTripMs: null,
  remoteLossPercent: null,
  remoteLossNowPercent: null,
  remoteJitterMs: null,
  bytesSent: 0,
  bytesReceived: 0,
}

/** What is made of the peer's packets once they are here, for reports of ours. */
export interface PlayoutFigures {
  readonly bufferMs: number
  readonly bufferMaxMs: number
  /** Share of the packets that came too late to be played, 0 to 1. */
  readonly discardRate: number
  readonly rFactor: number
  readonly mos: number
}
