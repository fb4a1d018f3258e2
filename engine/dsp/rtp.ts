/**
 * RTP packets (RFC 3550 section 5.1), read and written without allocation.
 *
 *      0                   1                   2                   3
 *     |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 *     |                           timestamp                           |
 *     |                             SSRC                              |
 *     |                CSRC list (CC words), extension                |
 */

/** One parsed header; the reader fills an object that the caller keeps. */
export interface RtpHeader {
  payloadType: number
  marker: boolean
  /** 0 to 65,535. */
  sequence: number
  /** In units of the payload's clock, 0 to 2^32 - 1. */
  timestamp: number
  ssrc: number
  /** Where the payload begins in the packet. */
  payloadOffset: number
  /** Bytes of payload, without padding. */
  payloadLength: number
}

export const RTP_HEADER_BYTES = 12

/** A header to be filled by `readRtp`. */
export function emptyRtpHeader(): RtpHeader {
  return {
    payloadType: 0,
    marker: false,
    sequence: 0,
    timestamp: 0,
    ssrc: 0,
    payloadOffset: 0,
    payloadLength: 0,
  }
}

function word(buf: Uint8Array, at: number): number {
  return ((buf[at]! << 24) | (buf[at + 1]! << 16) | (buf[at + 2]! << 8) | buf[at + 3]!) >>> 0
}

/** Offset of the payload behind CSRC list and extension, or -1 when they do not fit. */
function payloadStart(buf: Uint8Array, length: number): number {
  const start = RTP_HEADER_BYTES + (buf[0]! & 0x0f) * 4
  const hasExtension = (buf[0]! & 0x10) !== 0
  if (!hasExtension) return start > length ? -1 : start
  if (start + 4 > length) return -1
  const end = start + 4 + ((buf[start + 2]! << 8) | buf[start + 3]!) * 4
  return end > length ? -1 : end
}

/** Bytes of padding, or -1 when the count at the end is 0 or larger than what is there. */
function paddingBytes(buf: Uint8Array, start: number, length: number): number {
  if ((buf[0]! & 0x20) === 0) return 0
  if (start >= length) return -1
  const count = buf[length - 1]!
  return count === 0 || count > length - start ? -1 : count
}

/**
 * Reads the packet in the first `length` bytes of `buf` into `into`.
 * @returns false, leaving `into` undefined, for anything that is not a whole RTP version 2 packet.
 */
export function readRtp(buf: Uint8Array, length: number, into: RtpHeader): boolean {
  if (length < RTP_HEADER_BYTES || length > buf.length || buf[0]! >> 6 !== 2) return false
  const start = payloadStart(buf, length)
  if (start < 0) return false
  const padding = paddingBytes(buf, start, length)
  if (padding < 0) return false
  into.payloadType = buf[1]! & 0x7f
  into.marker = (buf[1]! & 0x80) !== 0
  into.sequence = (buf[2]! << 8) | buf[3]!
  into.timestamp = word(buf, 4)
  into.ssrc = word(buf, 8)
  into.payloadOffset = start
  into.payloadLength = length - start - padding
  return true
}

function putWord(buf: Uint8Array, at: number, value: number): void {
  buf[at] = value >>> 24
  buf[at + 1] = value >>> 16
  buf[at + 2] = value >>> 8
  buf[at + 3] = value
}

/**
 * Writes a plain 12-byte header at `offset`. Sequence, timestamp and SSRC are taken modulo their
 * width, so callers may count on without wrapping.
 * @returns 12, where the payload goes.
 */
export function writeRtp(
  buf: Uint8Array,
  offset: number,
  payloadType: number,
  marker: boolean,
  sequence: number,
  timestamp: number,
  ssrc: number,
): number {
  buf[offset] = 0x80
  buf[offset + 1] = (marker ? 0x80 : 0) | (payloadType & 0x7f)
  buf[offset + 2] = sequence >>> 8
  buf[offset + 3] = sequence
  putWord(buf, offset + 4, timestamp)
  putWord(buf, offset + 8, ssrc)
  return RTP_HEADER_BYTES
}

/** True for RTCP sharing the RTP port: packet types 192 to 223 (RFC 5761 section 4). */
export function isRtcp(buf: Uint8Array, length: number): boolean {
  return length >= 8 && buf[0]! >> 6 === 2 && buf[1]! >= 192 && buf[1]! <= 223
}
