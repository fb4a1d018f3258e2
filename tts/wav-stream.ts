import { Failure } from '../engine/core/failures.ts'
import { downmix, WavFault, wavLayout } from '../engine/dsp/wav.ts'
import type { WavFormat } from '../engine/dsp/wav-format.ts'
import { decodeChannel } from '../engine/dsp/wav-samples.ts'
import type { PcmChunk } from './provider.ts'

/** What stands before the samples is never longer. */
const MAX_HEADER_BYTES = 4096

/** Programs that stream write a size of about this when they do not know it; espeak-ng a little less. */
const UNKNOWN_FROM_BYTES = 0x7f_ff_00_00

interface Header {
  readonly format: WavFormat
  readonly dataOffset: number
}

/**
 * The samples of a WAV file that comes bit by bit, whatever length its header tells. Throws Failure
 * `speech_unavailable` for what is no WAV, and for one without samples.
 */
export async function* pcmOfWav(
  bytes: AsyncIterable<Uint8Array>,
  from: string,
): AsyncGenerator<PcmChunk, void, undefined> {
  let header: Header | undefined
  let rest = Buffer.alloc(0)
  let hasSamples = false
  let left = Number.POSITIVE_INFINITY
  for await (const chunk of bytes) {
    if (left <= 0) continue
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk])
    if (!header) {
      header = headerOf(rest, from)
      if (!header) continue
      left = toldBytes(rest, header)
      rest = rest.subarray(header.dataOffset)
    }
    const { format } = header
    const frames = Math.floor(Math.min(rest.length, left) / format.frameBytes)
    if (frames === 0) continue
    hasSamples = true
    left -= frames * format.frameBytes
    yield { rateHz: format.rateHz, samples: mono(rest, format, frames) }
    rest = rest.subarray(frames * format.frameBytes)
  }
  if (!hasSamples) throw noAudio(from)
}

const noAudio = (from: string) => new Failure('speech_unavailable', `${from} gave no audio`)

/** Undefined: there is not enough of it yet. */
function headerOf(bytes: Buffer, from: string): Header | undefined {
  try {
    return wavLayout(bytes)
  } catch (error) {
    if (!(error instanceof WavFault)) throw error
    const mayBecome =
      bytes.length < MAX_HEADER_BYTES && 'RIFF'.startsWith(bytes.toString('latin1', 0, 4))
    if (mayBecome) return undefined
    const why = `${from} gave no WAV file (${error.message})`
    throw new Failure('speech_unavailable', why, undefined, { cause: error })
  }
}

/** What stands behind the samples is not to be heard. */
function toldBytes(bytes: Buffer, { dataOffset }: Header): number {
  const told = bytes.readUInt32LE(dataOffset - 4)
  return told === 0 || told >= UNKNOWN_FROM_BYTES ? Number.POSITIVE_INFINITY : told
}

function mono(bytes: Buffer, format: WavFormat, frames: number): Int16Array {
  const channels = Array.from({ length: format.channels }, (_, channel) =>
    decodeChannel(bytes, format, channel, frames),
  )
  return downmix(channels)
}
