/**
 * A file of peaks: how loud a recording is, stretch by stretch, at several resolutions.
 *
 * A head of 32 bytes, little-endian: 'RPK1', channels (1 byte), 3 bytes of nothing, Hz (4), sample frames of a stretch
 * (4), sample frames in all (8, float), 8 bytes of nothing. Then the levels, the finest first: each stretch has for each
 * channel its least and its greatest sample in a byte each. A stretch of a level is four of the level before it; the
 * last level is the first that is short.
 */
export interface PeaksLayout {
  readonly channels: number
  readonly rateHz: number
  /** Sample frames in a stretch of the finest level. */
  readonly stretchFrames: number
  readonly frames: number
}

export interface Level {
  readonly stretchFrames: number
  /** Stretches. */
  readonly count: number
  /** Of its first byte in the file. */
  readonly offset: number
}

export const headBytes = 32
export const levelStep = 4
/** Nobody draws a whole recording with less. */
const fewest = 256
const magic = 0x52_50_4b_31
/** The finest stretches. */
export const stretchMs = 20

export class PeaksFault extends Error {
  override readonly name = 'PeaksFault'
}

export function levelsOf({ channels, stretchFrames, frames }: PeaksLayout): readonly Level[] {
  const levels: Level[] = []
  let count = Math.ceil(frames / stretchFrames)
  let each = stretchFrames
  let offset = headBytes
  do {
    levels.push({ stretchFrames: each, count, offset })
    offset += count * channels * 2
    if (count <= fewest) return levels
    each *= levelStep
    count = Math.ceil(count / levelStep)
  } while (levels.length < 16)
  return levels
}

export function writeHead(bytes: Uint8Array, layout: PeaksLayout): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, headBytes)
  view.setUint32(0, magic)
  view.setUint8(4, layout.channels)
  view.setUint32(8, layout.rateHz, true)
  view.setUint32(12, layout.stretchFrames, true)
  view.setFloat64(16, layout.frames, true)
}

/** @throws PeaksFault for what is no head of ours. */
export function readHead(bytes: Uint8Array): PeaksLayout {
  if (bytes.length < headBytes) throw new PeaksFault('shorter than a head')
  const view = new DataView(bytes.buffer, bytes.byteOffset, headBytes)
  const layout = {
    channels: view.getUint8(4),
    rateHz: view.getUint32(8, true),
    stretchFrames: view.getUint32(12, true),
    frames: view.getFloat64(16, true),
  }
  const { channels, rateHz, stretchFrames, frames } = layout
  const isSound = channels > 0 && channels <= 2 && rateHz > 0 && stretchFrames > 0
  if (view.getUint32(0) !== magic || !isSound || !(frames >= 0 && frames < 2 ** 48)) {
    throw new PeaksFault('not a file of peaks')
  }
  return layout
}

/** A sample, -1 to 1, as a byte: by its root, so that quiet speech is not all zero. */
export const packed = (value: number): number =>
  Math.round(Math.sign(value) * Math.sqrt(Math.min(1, Math.abs(value))) * 127)

/** To four digits: more than a byte holds is noise. */
export function unpacked(byte: number): number {
  const root = byte / 127
  return Math.round(Math.sign(root) * root * root * 10_000) / 10_000
}
