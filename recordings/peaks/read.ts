import { type FileHandle, open } from 'node:fs/promises'
import { headBytes, type Level, levelsOf, type PeaksLayout, readHead, unpacked } from './layout.ts'

/** Which part is to be drawn, and in how many stretches at most. */
export interface Stretch {
  readonly buckets: number
  /** Absent: from its beginning. */
  readonly fromMs?: number | undefined
  /** Absent: to its end. */
  readonly toMs?: number | undefined
}

/** The extremes of each stretch of a recording, -1 to 1, a row per channel. */
export interface DrawnPeaks {
  readonly rateHz: number
  /** Of the whole recording. */
  readonly durationMs: number
  /** Where the first stretch begins: at `fromMs`, or somewhat before it. */
  readonly fromMs: number
  /** How long each is; the last one may have less in it. */
  readonly bucketMs: number
  readonly channels: readonly Extremes[]
}

interface Extremes {
  readonly min: number[]
  readonly max: number[]
}

/**
 * Reads what is needed of a file of peaks and no more, however long the recording is. Rejects with PeaksFault for
 * another file, and with file errors.
 */
export async function readPeaks(path: string, wanted: Stretch): Promise<DrawnPeaks> {
  const file = await open(path, 'r')
  try {
    const layout = readHead(new Uint8Array(await piece(file, 0, headBytes)))
    const { rateHz, frames, channels } = layout
    const durationMs = (frames / rateHz) * 1000
    const fromFrame = frameAt(wanted.fromMs ?? 0, layout)
    const toFrame = Math.max(fromFrame, frameAt(wanted.toMs ?? durationMs, layout))
    const level = levelFor(layout, (toFrame - fromFrame) / wanted.buckets)
    const first = Math.floor(fromFrame / level.stretchFrames)
    const until = Math.min(level.count, Math.ceil(toFrame / level.stretchFrames))
    const together = Math.max(1, Math.ceil((until - first) / wanted.buckets))
    const width = channels * 2
    const bytes = await piece(file, level.offset + first * width, (until - first) * width)
    const row = (channel: number) => merged(bytes, { channel, width, together })
    return {
      ...{ rateHz, durationMs },
      fromMs: (first * level.stretchFrames * 1000) / rateHz,
      bucketMs: (together * level.stretchFrames * 1000) / rateHz,
      channels: Array.from({ length: channels }, (_, channel) => row(channel)),
    }
  } finally {
    await file.close()
  }
}

const frameAt = (ms: number, { rateHz, frames }: PeaksLayout): number =>
  Math.min(frames, Math.max(0, Math.round((ms * rateHz) / 1000)))

/** The coarsest one that still has all the stretches that are asked for. */
function levelFor(layout: PeaksLayout, wantedFrames: number): Level {
  const levels = levelsOf(layout)
  const found = levels.findLast(({ stretchFrames }) => stretchFrames <= wantedFrames)
  return found ?? levels[0]!
}

async function piece(file: FileHandle, from: number, length: number): Promise<Int8Array> {
  const bytes = new Int8Array(Math.max(0, length))
  const { bytesRead } = await file.read(bytes, 0, bytes.length, from)
  return bytes.subarray(0, bytesRead)
}

interface Row {
  readonly channel: number
  readonly width: number
  readonly together: number
}

function merged(bytes: Int8Array, { channel, width, together }: Row): Extremes {
  const stretches = Math.floor(bytes.length / width)
  const [min, max]: [number[], number[]] = [[], []]
  for (let from = 0; from < stretches; from += together) {
    let [low, high] = [127, -127]
    for (let one = from; one < Math.min(stretches, from + together); one++) {
      const at = one * width + channel * 2
      if (bytes[at]! < low) low = bytes[at]!
      if (bytes[at + 1]! > high) high = bytes[at + 1]!
    }
    min.push(unpacked(low))
    max.push(unpacked(high))
  }
  return { min, max }
}
