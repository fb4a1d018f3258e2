import { RTP_HEADER_BYTES } from './rtp.ts'

/** Forms of header extensions (RFC 8285 sections 4.2 and 4.3), by their first two bytes. */
const ONE_BYTE_FORM = 0xbede
const TWO_BYTE_FORM = 0x1000
/** Under this number in the first form nothing follows. */
const LAST_NUMBER = 15
const PADDING = 0
const ABSENT = -1

/**
 * How loud a packet is by its header extension (RFC 6464) under the number `extension`, in -dBov: 0 is as loud as can
 * be, 127 silence. What it says of voice besides is left out. Nothing is allocated.
 * @param packet one that `readRtp` has taken
 * @returns -1 when it does not say
 */
export function audioLevel(packet: Uint8Array, extension: number): number {
  if ((packet[0]! & 0x10) === 0) return ABSENT
  const start = RTP_HEADER_BYTES + (packet[0]! & 0x0f) * 4
  const form = (packet[start]! << 8) | packet[start + 1]!
  const end = start + 4 + ((packet[start + 2]! << 8) | packet[start + 3]!) * 4
  if (form === ONE_BYTE_FORM) return inOneByteForm(packet, start + 4, end, extension)
  if ((form & 0xfff0) === TWO_BYTE_FORM) return inTwoByteForm(packet, start + 4, end, extension)
  return ABSENT
}

/** Elements are a byte of number and length less one, and what they hold. */
function inOneByteForm(packet: Uint8Array, start: number, end: number, extension: number): number {
  for (let at = start; at < end; ) {
    const head = packet[at]!
    const number = head >> 4
    if (number === LAST_NUMBER) return ABSENT
    if (number === PADDING) {
      at += 1
      continue
    }
    const next = at + 2 + (head & 0x0f)
    if (number === extension && next <= end) return packet[at + 1]! & 0x7f
    at = next
  }
  return ABSENT
}

/** Elements are a byte of number, one of length, and what they hold. */
function inTwoByteForm(packet: Uint8Array, start: number, end: number, extension: number): number {
  for (let at = start; at < end; ) {
    const number = packet[at]!
    if (number === PADDING) {
      at += 1
      continue
    }
    const bytes = at + 1 < end ? packet[at + 1]! : 0
    const next = at + 2 + bytes
    if (number === extension && bytes > 0 && next <= end) return packet[at + 2]! & 0x7f
    at = next
  }
  return ABSENT
}
