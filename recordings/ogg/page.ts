/** Pages of an Ogg stream (RFC 3533): a header with the lengths of the packets, then their bytes. */

const HEADER_BYTES = 27
const MOST_SEGMENTS = 255
const FULL_SEGMENT = 255
const [FLAGS, GRANULE, SERIAL, SEQUENCE, CHECKSUM, SEGMENTS] = [5, 6, 14, 18, 22, 26] as const

export const BEGINS_STREAM = 2
export const ENDS_STREAM = 4

/** Of a header of 27 bytes, its 255 lengths and what they say. */
export const LARGEST_PAGE_BYTES = HEADER_BYTES + MOST_SEGMENTS * (1 + FULL_SEGMENT)

export interface Page {
  readonly flags: number
  /** Of the last packet that ends in it; whole, below 2^53. */
  readonly granule: number
  readonly serial: number
  readonly sequence: number
}

/** A page that was found in a file. */
export interface FoundPage extends Page {
  /** With its header. */
  readonly bytes: number
  readonly payloadOffset: number
}

/** CRC-32 of the polynomial 0x04c11db7, not reflected and not inverted (RFC 3533 section 6). */
const table = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index << 24
  for (let bit = 0; bit < 8; bit++) value = value < 0 ? (value << 1) ^ 0x04c11db7 : value << 1
  return value >>> 0
})

function checksum(bytes: Uint8Array, from: number, to: number): number {
  let crc = 0
  for (let i = from; i < to; i++) crc = (crc << 8) ^ table[((crc >>> 24) ^ bytes[i]!) & 0xff]!
  return crc >>> 0
}

/** How many of the 255 lengths of a page a packet takes. */
export const segmentsOf = (packetBytes: number): number =>
  Math.floor(packetBytes / FULL_SEGMENT) + 1

export const fitsPage = (segments: number): boolean => segments <= MOST_SEGMENTS

/** A page of whole packets, which have to fit it. */
export function writePage(page: Page, packets: readonly Uint8Array[]): Uint8Array {
  const segments = packets.reduce((sum, { length }) => sum + segmentsOf(length), 0)
  if (!fitsPage(segments)) throw new RangeError('too much for one Ogg page')
  const payload = packets.reduce((sum, { length }) => sum + length, 0)
  const bytes = new Uint8Array(HEADER_BYTES + segments + payload)
  const view = new DataView(bytes.buffer)
  bytes.set([0x4f, 0x67, 0x67, 0x53])
  bytes[FLAGS] = page.flags
  view.setBigInt64(GRANULE, BigInt(page.granule), true)
  view.setUint32(SERIAL, page.serial, true)
  view.setUint32(SEQUENCE, page.sequence, true)
  bytes[SEGMENTS] = segments
  let lacing = HEADER_BYTES
  let at = HEADER_BYTES + segments
  for (const packet of packets) {
    for (let left = packet.length; left >= FULL_SEGMENT; left -= FULL_SEGMENT) {
      bytes[lacing++] = FULL_SEGMENT
    }
    bytes[lacing++] = packet.length % FULL_SEGMENT
    bytes.set(packet, at)
    at += packet.length
  }
  seal(bytes, 0, bytes.length)
  return bytes
}

function seal(bytes: Uint8Array, at: number, end: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  view.setUint32(at + CHECKSUM, 0, true)
  view.setUint32(at + CHECKSUM, checksum(bytes, at, end), true)
}

/** The page with other flags. */
export function flagged(page: Uint8Array, flags: number): Uint8Array {
  const changed = page.slice()
  changed[FLAGS] = flags
  seal(changed, 0, changed.length)
  return changed
}

/** The whole, undamaged page at `at`; undefined when there is none. */
export function pageAt(bytes: Uint8Array, at: number): FoundPage | undefined {
  if (at + HEADER_BYTES > bytes.length || !isCapture(bytes, at)) return undefined
  const segments = bytes[at + SEGMENTS]!
  const payloadOffset = at + HEADER_BYTES + segments
  if (payloadOffset > bytes.length) return undefined
  let end = payloadOffset
  for (let n = 0; n < segments; n++) end += bytes[at + HEADER_BYTES + n]!
  if (end > bytes.length) return undefined
  const page = bytes.slice(at, end)
  const view = new DataView(page.buffer)
  const told = view.getUint32(CHECKSUM, true)
  view.setUint32(CHECKSUM, 0, true)
  if (checksum(page, 0, page.length) !== told) return undefined
  return {
    flags: page[FLAGS]!,
    granule: Number(view.getBigInt64(GRANULE, true)),
    serial: view.getUint32(SERIAL, true),
    sequence: view.getUint32(SEQUENCE, true),
    bytes: end - at,
    payloadOffset,
  }
}

/** "OggS", version 0. */
function isCapture(bytes: Uint8Array, at: number): boolean {
  return (
    bytes[at] === 0x4f &&
    bytes[at + 1] === 0x67 &&
    bytes[at + 2] === 0x67 &&
    bytes[at + 3] === 0x53 &&
    bytes[at + 4] === 0
  )
}
