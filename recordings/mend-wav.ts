import type fs from 'node:fs'
import { WAV_HEADER_BYTES, WavFault, wavLayout } from '../engine/dsp/wav.ts'
import type { WavFormat } from '../engine/dsp/wav-format.ts'
import type { GoesOn } from './goes-on.ts'

type Calls = Pick<typeof fs, 'read' | 'fstat' | 'ftruncate'>

/** @throws WavFault when the file does not begin with a header of ours. */
export function formatOfOurs(header: Uint8Array): WavFormat {
  const { format, dataOffset } = wavLayout(header)
  if (dataOffset !== WAV_HEADER_BYTES || format.encoding !== 'pcm' || format.bits !== 16) {
    throw new WavFault('not a recording of ours')
  }
  return format
}

/** Of a file of ours, or of an empty one. */
interface WavShape {
  readonly rateHz: number
  readonly channels: number
}

/**
 * Cuts off what was written in part and makes the file as long as it is to be when it is gone on with, by zeros, which
 * are silence. `done` gets how many samples of each channel are in it then; the header is still to be written.
 */
export function mendWav(
  files: Calls,
  fd: number,
  shape: WavShape,
  { atSamples, found }: GoesOn,
  done: (error: NodeJS.ErrnoException | null, samples: number) => void,
): void {
  const frameBytes = shape.channels * 2
  const lengthen = (there: number): void => {
    const samples = Math.max(there, atSamples)
    // What is behind the last whole frame must not stay between it and the zeros.
    files.ftruncate(fd, WAV_HEADER_BYTES + there * frameBytes, (error) => {
      if (error) return done(error, 0)
      files.ftruncate(fd, WAV_HEADER_BYTES + samples * frameBytes, (failed) => {
        if (!failed) found(there)
        done(failed, samples)
      })
    })
  }
  files.fstat(fd, (error, stats) => {
    if (error) return done(error, 0)
    if (stats.size === 0) return lengthen(0)
    const header = new Uint8Array(WAV_HEADER_BYTES)
    files.read(fd, header, 0, WAV_HEADER_BYTES, 0, (failed, bytesRead) => {
      const fault = failed ?? faultOf(header.subarray(0, bytesRead), shape)
      if (fault) return done(fault, 0)
      lengthen(Math.floor((stats.size - WAV_HEADER_BYTES) / frameBytes))
    })
  })
}

function faultOf(header: Uint8Array, { rateHz, channels }: WavShape): Error | null {
  try {
    const format = formatOfOurs(header)
    const isSame = format.rateHz === rateHz && format.channels === channels
    return isSame ? null : new WavFault('a recording of another shape')
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}
