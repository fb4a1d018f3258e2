/** The longest packet: 120 ms (RFC 6716 section 3.4, R5). */
const LONGEST_MS = 120
const LARGEST_FRAME_BYTES = 1275

/** Duration of each frame in a packet of the configuration in the upper five bits of its first byte. */
function frameMs(configuration: number): number {
  if (configuration >= 16) return 2.5 * (1 << (configuration & 3))
  if (configuration >= 12) return 10 * (1 + (configuration & 1))
  const place = configuration & 3
  return place === 3 ? 60 : 10 * (1 << place)
}

/** Frames in a packet; 0 where its length can not be that of so many. */
function frameCount(code: number, payload: Uint8Array, at: number, bytes: number): number {
  switch (code) {
    case 0:
      return bytes - 1 <= LARGEST_FRAME_BYTES ? 1 : 0
    case 1:
      return bytes % 2 === 1 ? 2 : 0
    case 2:
      return bytes >= 2 ? 2 : 0
    default:
      return bytes >= 2 ? payload[at + 1]! & 0x3f : 0
  }
}

/**
 * How much audio an Opus packet holds, from its first two bytes (RFC 6716 section 3.1); a packet of one
 * byte is a DTX frame of that duration. What is in the frames is not looked at.
 * @returns samples at `rateHz`, for 2.5 to 120 ms; 0 when it is malformed
 */
export function opusPacketSamples(
  payload: Uint8Array,
  at: number,
  bytes: number,
  rateHz: number,
): number {
  if (bytes < 1 || at < 0 || at + bytes > payload.length) return 0
  const toc = payload[at]!
  const ms = frameMs(toc >> 3) * frameCount(toc & 3, payload, at, bytes)
  return ms > LONGEST_MS ? 0 : (ms * rateHz) / 1000
}

/** From this configuration on a packet is of CELT alone. */
const FIRST_CELT = 16
/** A packet of no more bytes has nothing but its header: discontinuous transmission (RFC 7587 section 3.1.3). */
const MOST_EMPTY_BYTES = 2

/**
 * True when a packet says that nobody speaks in it: it is empty, or its encoder found no voice in any part of it, which
 * the first bits of SILK tell (RFC 6716 section 4.2.3; for one frame, or what is the same, 10 to 60 ms). False when there
 * is a voice, and when it can't be told.
 */
export function isOpusSilence(payload: Uint8Array, at: number, bytes: number): boolean {
  if (bytes <= MOST_EMPTY_BYTES) return true
  const toc = payload[at]!
  const configuration = toc >> 3
  if (configuration >= FIRST_CELT || (toc & 3) !== 0) return false
  const parts = Math.max(1, frameMs(configuration) / 20)
  // Flags of the parts, and one more for repeats of earlier ones; once more for the second channel.
  const flags = payload[at + 1]!
  const ofVoice = (0xff << (8 - parts)) & 0xff
  const isStereo = (toc & 4) !== 0
  const all = isStereo ? ofVoice | (ofVoice >> (parts + 1)) : ofVoice
  return (flags & all) === 0
}
