import { BEGINS_STREAM, pageAt, writePage } from './page.ts'

/** What an Opus stream in Ogg begins with (RFC 7845 section 5). */
export interface OpusHead {
  readonly channels: 1 | 2
  /** Samples at 48 kHz before the sound begins. */
  readonly preSkip: number
  /** Of what was encoded; the stream's own clock is 48 kHz always. */
  readonly rateHz: number
}

/** No Ogg Opus file of ours. */
export class OggFault extends Error {
  override readonly name = 'OggFault'
}

const VERSION = 1
/** One stream or a coupled pair; and streams with a table (section 5.1.1). */
const [PLAIN, TABLED] = [0, 1] as const
const HEAD_BYTES = 19
const TABLE_BYTES = 4
const VENDOR = 'ringdown'

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)

/**
 * The first two pages of a file. Two channels are two streams of one channel each, so that nothing of one side can be
 * heard on the other, as it can in a coupled pair of few bits.
 */
export function headPages(head: OpusHead, serial: number): Uint8Array {
  const first = writePage({ flags: BEGINS_STREAM, granule: 0, serial, sequence: 0 }, [
    identification(head),
  ])
  const second = writePage({ flags: 0, granule: 0, serial, sequence: 1 }, [comment()])
  return Buffer.concat([first, second])
}

function identification({ channels, preSkip, rateHz }: OpusHead): Uint8Array {
  const isTabled = channels === 2
  const packet = new Uint8Array(HEAD_BYTES + (isTabled ? TABLE_BYTES : 0))
  const view = new DataView(packet.buffer)
  packet.set(ascii('OpusHead'))
  packet[8] = VERSION
  packet[9] = channels
  view.setUint16(10, preSkip, true)
  view.setUint32(12, rateHz, true)
  view.setInt16(16, 0, true)
  packet[18] = isTabled ? TABLED : PLAIN
  // Two streams, none of them coupled; the first is left, the second right.
  if (isTabled) packet.set([2, 0, 0, 1], HEAD_BYTES)
  return packet
}

function comment(): Uint8Array {
  const packet = new Uint8Array(8 + 4 + VENDOR.length + 4)
  const view = new DataView(packet.buffer)
  packet.set(ascii('OpusTags'))
  view.setUint32(8, VENDOR.length, true)
  packet.set(ascii(VENDOR), 12)
  return packet
}

/**
 * Reads the first page of a file of ours.
 * @throws OggFault
 */
export function readHead(bytes: Uint8Array): OpusHead & { readonly serial: number } {
  const page = pageAt(bytes, 0)
  if (!page || (page.flags & BEGINS_STREAM) === 0) throw new OggFault('not an Ogg file')
  const at = page.payloadOffset
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const isOurs =
    page.bytes >= at + HEAD_BYTES &&
    new TextDecoder().decode(bytes.subarray(at, at + 8)) === 'OpusHead'
  const channels = isOurs ? bytes[at + 9] : 0
  if (channels !== 1 && channels !== 2) throw new OggFault('not an Opus recording of ours')
  return {
    channels,
    preSkip: view.getUint16(at + 10, true),
    rateHz: view.getUint32(at + 12, true),
    serial: page.serial,
  }
}
