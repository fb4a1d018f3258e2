/**
 * RTCP packets (RFC 3550 section 6, RFC 3611), read with every length checked.
 *
 *      0                   1                   2                   3
 *     |V=2|P|  count  |      PT       |    length in words, less one  |
 *
 * A datagram holds several of them, the first of which is a report of a sender or a receiver.
 */

export const RTCP_SENDER_REPORT = 200
export const RTCP_RECEIVER_REPORT = 201
export const RTCP_DESCRIPTION = 202
export const RTCP_BYE = 203
export const RTCP_EXTENDED_REPORT = 207

/** RFC 3611 section 4. */
export const XR_REFERENCE_TIME = 4
export const XR_DELAY_SINCE_REFERENCE = 5
export const XR_VOIP_METRICS = 7
export const VOIP_METRICS_WORDS = 8

/** What somebody hears of a stream: a report block (RFC 3550 section 6.4.1). */
export interface ReceptionReport {
  readonly ssrc: number
  /** Since his report before, 0 to 1. */
  readonly fractionLost: number
  /** Since the beginning; less than none where packets came twice. */
  readonly packetsLost: number
  /** In units of the stream's clock. */
  readonly jitterUnits: number
  /** The middle 32 bits of the NTP time of our last sender report that he has; 0: none. */
  readonly lastReport: number
  /** Since that one came, in 1/65536 s. */
  readonly delaySinceReport: number
}

/** RFC 3611 section 4.5; null: he can't tell. */
export interface DelaySinceReference {
  readonly ssrc: number
  readonly lastReference: number
  readonly delaySinceReference: number
}

/** RFC 3611 section 4.7, as far as it is of use to us; null: he can't tell. */
export interface VoipMetrics {
  readonly ssrc: number
  /** 0 to 1 each. */
  readonly lossRate: number
  readonly discardRate: number
  readonly endSystemDelayMs: number
  readonly rFactor: number | null
  readonly mos: number | null
}

/** Everything of one datagram. */
export interface RtcpCompound {
  readonly senderSsrc: number
  /** The middle 32 bits of the NTP time in his sender report; null: he reports as a receiver. */
  readonly reportTime: number | null
  readonly reports: readonly ReceptionReport[]
  readonly cname: string | null
  readonly hasBye: boolean
  /** The middle 32 bits of his reference time. */
  readonly referenceTime: number | null
  readonly delays: readonly DelaySinceReference[]
  readonly voip: VoipMetrics | null
}

type Draft = { -readonly [Name in keyof RtcpCompound]: RtcpCompound[Name] } & {
  reports: ReceptionReport[]
  delays: DelaySinceReference[]
}

const HEADER_BYTES = 4
const SHORTEST_BYTES = 8
const SENDER_INFO_BYTES = 20
const REPORT_BYTES = 24
const CNAME_ITEM = 1
const CANT_TELL = 127

const byte = (buf: Uint8Array, at: number): number => buf[at] ?? 0
const half = (buf: Uint8Array, at: number): number => (byte(buf, at) << 8) | byte(buf, at + 1)
const word = (buf: Uint8Array, at: number): number =>
  ((half(buf, at) << 16) | half(buf, at + 2)) >>> 0

/** Where the packet that begins at `at` ends; -1: it is no RTCP, or reaches beyond `bytes`. */
function endOf(buf: Uint8Array, at: number, bytes: number): number {
  if (at + HEADER_BYTES > bytes || byte(buf, at) >> 6 !== 2) return -1
  const end = at + HEADER_BYTES + half(buf, at + 2) * 4
  return end > bytes ? -1 : end
}

/** Where its content ends, before the padding; -1: the padding is longer than the packet. */
function contentEnd(buf: Uint8Array, at: number, end: number): number {
  if ((byte(buf, at) & 0x20) === 0) return end
  const padding = byte(buf, end - 1)
  return padding === 0 || padding % 4 !== 0 || end - padding < at + HEADER_BYTES
    ? -1
    : end - padding
}

function readReports(buf: Uint8Array, from: number, end: number, count: number, into: Draft) {
  if (from + count * REPORT_BYTES > end) return false
  for (let at = from; at < from + count * REPORT_BYTES; at += REPORT_BYTES) {
    into.reports.push({
      ssrc: word(buf, at),
      fractionLost: byte(buf, at + 4) / 256,
      // 24 bits with a sign.
      packetsLost: (word(buf, at + 4) << 8) >> 8,
      jitterUnits: word(buf, at + 12),
      lastReport: word(buf, at + 16),
      delaySinceReport: word(buf, at + 20),
    })
  }
  return true
}

/** The CNAME of the first source that has one (RFC 3550 section 6.5). */
function readDescription(buf: Uint8Array, from: number, end: number, count: number, into: Draft) {
  let at = from
  for (let chunk = 0; chunk < count; chunk++) {
    if (at + 4 > end) return false
    at += 4
    while (at < end && byte(buf, at) !== 0) {
      const textAt = at + 2
      const after = textAt + byte(buf, at + 1)
      if (textAt > end || after > end) return false
      if (byte(buf, at) === CNAME_ITEM) {
        into.cname ??= Buffer.from(buf.subarray(textAt, after)).toString('utf8')
      }
      at = after
    }
    if (at >= end) return false
    // One null at least, up to the next word.
    at += 4 - (at % 4)
  }
  return true
}

const toldOrNull = (value: number): number | null => (value === CANT_TELL ? null : value)

function readVoip(buf: Uint8Array, at: number): VoipMetrics {
  // Of conversation; else of listening.
  const mos = toldOrNull(byte(buf, at + 23)) ?? toldOrNull(byte(buf, at + 22))
  return {
    ssrc: word(buf, at),
    lossRate: byte(buf, at + 4) / 256,
    discardRate: byte(buf, at + 5) / 256,
    endSystemDelayMs: half(buf, at + 14),
    rFactor: toldOrNull(byte(buf, at + 20)),
    mos: mos === null ? null : mos / 10,
  }
}

function readBlock(buf: Uint8Array, type: number, at: number, words: number, into: Draft): void {
  if (type === XR_REFERENCE_TIME && words === 2) into.referenceTime = word(buf, at + 2)
  if (type === XR_VOIP_METRICS && words === VOIP_METRICS_WORDS) into.voip = readVoip(buf, at)
  if (type !== XR_DELAY_SINCE_REFERENCE) return
  for (let one = at; one + 12 <= at + words * 4; one += 12) {
    into.delays.push({
      ssrc: word(buf, one),
      lastReference: word(buf, one + 4),
      delaySinceReference: word(buf, one + 8),
    })
  }
}

function readExtended(buf: Uint8Array, from: number, end: number, into: Draft): boolean {
  let at = from
  while (at < end) {
    const contentAt = at + 4
    if (contentAt > end) return false
    const words = half(buf, at + 2)
    if (contentAt + words * 4 > end) return false
    readBlock(buf, byte(buf, at), contentAt, words, into)
    at = contentAt + words * 4
  }
  return true
}

/** One packet of the datagram; what is not known is passed over. False: it is not what its header says. */
function readPacket(buf: Uint8Array, at: number, end: number, into: Draft): boolean {
  const count = byte(buf, at) & 0x1f
  const ssrcAt = at + HEADER_BYTES
  const after = ssrcAt + 4
  switch (byte(buf, at + 1)) {
    case RTCP_SENDER_REPORT:
      if (after + SENDER_INFO_BYTES > end) return false
      into.reportTime = word(buf, after + 2)
      return readReports(buf, after + SENDER_INFO_BYTES, end, count, into)
    case RTCP_RECEIVER_REPORT:
      return after <= end && readReports(buf, after, end, count, into)
    case RTCP_DESCRIPTION:
      return readDescription(buf, ssrcAt, end, count, into)
    case RTCP_BYE:
      into.hasBye = true
      return ssrcAt + 4 * count <= end
    case RTCP_EXTENDED_REPORT:
      return after <= end && readExtended(buf, after, end, into)
    default:
      return true
  }
}

const isReport = (type: number): boolean =>
  type === RTCP_SENDER_REPORT || type === RTCP_RECEIVER_REPORT

/**
 * Reads the datagram in the first `bytes` of `buf`. Undefined for whatever is not whole RTCP that begins with a
 * report (RFC 3550 appendix A.2): nothing of such a one is to be believed.
 */
export function readRtcp(buf: Uint8Array, bytes: number): RtcpCompound | undefined {
  if (bytes < SHORTEST_BYTES || bytes > buf.length || bytes % 4 !== 0) return undefined
  if (!isReport(byte(buf, 1)) || (byte(buf, 0) & 0x20) !== 0) return undefined
  const read: Draft = {
    senderSsrc: word(buf, HEADER_BYTES),
    reportTime: null,
    reports: [],
    cname: null,
    hasBye: false,
    referenceTime: null,
    delays: [],
    voip: null,
  }
  for (let at = 0; at < bytes; ) {
    const end = endOf(buf, at, bytes)
    if (end < 0) return undefined
    const content = contentEnd(buf, at, end)
    // Only the last one may be padded.
    if (content < 0 || (content < end && end !== bytes)) return undefined
    if (!readPacket(buf, at, content, read)) return undefined
    at = end
  }
  return read
}
