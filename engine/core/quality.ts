import type { Mos } from './mos.ts'
import type { AudioCodec, LegStatistics } from './ports/media.ts'

/** How well a leg's audio comes and goes. Figures that nobody has told yet are null. */
export interface LegQuality {
  /** What of the peer's packets never came, in percent of what it sent. */
  readonly lossPercent: number
  /** How unevenly they come (RFC 3550 section 6.4.1). */
  readonly jitterMs: number
  /** To the peer and back, by RTCP. */
  readonly roundTripMs: number | null
  /** What the peer says of our packets. */
  readonly remoteLossPercent: number | null
  readonly remoteJitterMs: number | null
  /** What waits here to be played. */
  readonly bufferMs: number
  /** What had to be made up because nothing was there to be played. */
  readonly concealedPercent: number
  /** What we hear of the peer; null while nothing has come. */
  readonly mos: Mos | null
  /** Packets of RTP, without what IP and UDP add. */
  readonly bytesSent: number
  readonly bytesReceived: number
}

export const noQuality: LegQuality = {
  lossPercent: 0,
  jitterMs: 0,
  roundTripMs: null,
  remoteLossPercent: null,
  remoteJitterMs: null,
  bufferMs: 0,
  concealedPercent: 0,
  mos: null,
  bytesSent: 0,
  bytesReceived: 0,
}

/** What is kept of a call's leg. */
export interface CallQuality extends LegQuality {
  readonly codec: AudioCodec | null
  readonly packetsSent: number
  readonly packetsReceived: number
}

const round = (value: number): number => Math.round(value * 100) / 100
const roundOrNull = (value: number | null): number | null => (value === null ? null : round(value))

/** Null when nothing was agreed on, or nothing has gone either way. */
export function callQuality(leg: LegStatistics): CallQuality | null {
  const { codec, packetsSent, packetsReceived } = leg
  if (codec === null || packetsSent + packetsReceived === 0) return null
  return {
    ...{ codec, packetsSent, packetsReceived },
    lossPercent: round(leg.lossPercent),
    jitterMs: round(leg.jitterMs),
    roundTripMs: roundOrNull(leg.roundTripMs),
    remoteLossPercent: roundOrNull(leg.remoteLossPercent),
    remoteJitterMs: roundOrNull(leg.remoteJitterMs),
    bufferMs: round(leg.bufferMs),
    concealedPercent: round(leg.concealedPercent),
    mos: leg.mos,
    bytesSent: leg.bytesSent,
    bytesReceived: leg.bytesReceived,
  }
}
