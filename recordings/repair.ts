import type { FileHandle } from 'node:fs/promises'
import { WAV_HEADER_BYTES, WavFault, wavHeader, wavLayout } from '../engine/dsp/wav.ts'

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
  const { format, dataOffset } = wavLayout(header.subarray(0, bytesRead))
  if (dataOffset !== WAV_HEADER_BYTES || format.encoding !== 'pcm' || format.bits !== 16) {
    throw new WavFault('not a recording of ours')
  }
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
