import { type FileHandle, open } from 'node:fs/promises'
import { type WavLayout, wavLayout } from '../engine/dsp/wav.ts'

/** The extremes of each stretch of a recording, -1 to 1, a row per channel. */
export interface DrawnPeaks {
  readonly rateHz: number
  readonly durationMs: number
  readonly channels: readonly Extremes[]
}

interface Extremes {
  readonly min: number[]
  readonly max: number[]
}

const headBytes = 4_096
const chunkFrames = 1 << 18
const fullScale = 32_768

/**
 * The waveform of a recording of ours (16-bit WAV) in at most `buckets` stretches. Read piece by piece, so
 * that a file of hours holds nobody up. Rejects with WavFault for what is no WAV, and with file errors.
 */
export async function drawnPeaks(path: string, buckets: number): Promise<DrawnPeaks> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const layout = wavLayout(await readHead(file, size))
    const { frameBytes, rateHz, channels: count } = layout.format
    const frames = Math.floor((size - layout.dataOffset) / frameBytes)
    const perBucket = Math.max(1, Math.ceil(frames / buckets))
    const flat = () => new Array<number>(Math.ceil(frames / perBucket)).fill(0)
    const channels = Array.from({ length: count }, () => ({ min: flat(), max: flat() }))
    await eachChunk(file, layout, frames, (chunk, firstFrame, read) => {
      for (const [i, extremes] of channels.entries()) {
        widen(extremes, chunk, i * 2, frameBytes, firstFrame, read, perBucket)
      }
    })
    return { rateHz, durationMs: (frames / rateHz) * 1000, channels }
  } finally {
    await file.close()
  }
}

async function readHead(file: FileHandle, size: number): Promise<Uint8Array> {
  const head = new Uint8Array(Math.min(headBytes, size))
  await file.read(head, 0, head.length, 0)
  return head
}

async function eachChunk(
  file: FileHandle,
  { dataOffset, format }: WavLayout,
  frames: number,
  take: (chunk: Buffer, firstFrame: number, frames: number) => void,
): Promise<void> {
  const chunk = Buffer.alloc(chunkFrames * format.frameBytes)
  for (let frame = 0; frame < frames; ) {
    const { bytesRead } = await file.read(
      chunk,
      0,
      chunk.length,
      dataOffset + frame * format.frameBytes,
    )
    const read = Math.min(frames - frame, Math.floor(bytesRead / format.frameBytes))
    if (read === 0) return
    take(chunk, frame, read)
    frame += read
  }
}

function widen(
  { min, max }: Extremes,
  chunk: Buffer,
  offset: number,
  frameBytes: number,
  firstFrame: number,
  frames: number,
  perBucket: number,
): void {
  for (let i = 0; i < frames; i++) {
    const value = chunk.readInt16LE(offset + i * frameBytes) / fullScale
    const bucket = Math.floor((firstFrame + i) / perBucket)
    if (value < min[bucket]!) min[bucket] = value
    if (value > max[bucket]!) max[bucket] = value
  }
}
