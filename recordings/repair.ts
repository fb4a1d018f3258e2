import type { FileHandle } from 'node:fs/promises'
import { WAV_HEADER_BYTES, wavHeader } from '../engine/dsp/wav.ts'
import { formatOfOurs } from './mend-wav.ts'
import { durationMsOf, mendEnd } from './ogg/stream-end.ts'

export interface RepairedRecording {
  readonly durationMs: number
  /** Size of the file, header included. */
  readonly bytes: number
}

/**
 * Sets the sizes in the header of a 16-bit file of ours by what is really there, and cuts off a frame that
 * was written in part. A file that is right is left as it is.
 * @throws WavFault when the file does not begin with a header of ours.
 */
export async function repairHeader(file: FileHandle): Promise<RepairedRecording> {
  const header = new Uint8Array(WAV_HEADER_BYTES)
  const { bytesRead } = await file.read(header, 0, WAV_HEADER_BYTES, 0)
  const format = formatOfOurs(header.subarray(0, bytesRead))
  const { size } = await file.stat()
  const frames = Math.floor((size - WAV_HEADER_BYTES) / format.frameBytes)
  const dataBytes = frames * format.frameBytes
  const { rateHz, channels } = format
  const right = wavHeader({ rateHz, channels, format: 'pcm16', dataBytes })
  const bytes = WAV_HEADER_BYTES + dataBytes
  if (size !== bytes) await file.truncate(bytes)
  if (Buffer.compare(header, right) !== 0) await file.write(right, 0, right.length, 0)
  return { durationMs: Math.round((frames * 1000) / rateHz), bytes }
}

/**
 * Cuts off a page that was written in part and marks the end of the stream.
 * @throws OggFault when it is no Opus file of ours.
 */
export function repairOpus({ fd }: FileHandle): RepairedRecording {
  const { granule, head, bytes } = mendEnd(fd, true)
  return { durationMs: durationMsOf(granule, head.preSkip), bytes }
}
