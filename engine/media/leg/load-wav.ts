import { type FileHandle, open, stat } from 'node:fs/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Failure } from '../../core/failures.ts'
import { Resampler } from '../../dsp/resampler.ts'
import { narrowIn } from '../../dsp/two-rate-wav.ts'
import { downmix, WavFault, type WavLayout, wavLayout } from '../../dsp/wav.ts'
import { decodeChannel } from '../../dsp/wav-samples.ts'
import type { Samples } from './shared-samples.ts'

/** What sounds are played at: narrow or wide band. */
export type SoundRateHz = 8000 | 16000

const MOST_FILE_BYTES = 128 * 1024 * 1024
/** Converted at a go; the tick may run in between. */
const SLICE_MS = 200

const refuse = (why: string, cause?: unknown): Failure =>
  new Failure('invalid_audio', `The sound can't be played: ${why}`, undefined, { cause })

/** Size of a file that can be read to its end; opening a pipe would wait for its writer. */
async function boundedSize(path: string): Promise<number> {
  const found = await stat(path)
  if (!found.isFile()) throw refuse('it is not a file')
  if (found.size > MOST_FILE_BYTES) throw refuse(`it is larger than ${MOST_FILE_BYTES} bytes`)
  return found.size
}

async function readBytes(path: string): Promise<Buffer> {
  let file: FileHandle | undefined
  try {
    const bytes = Buffer.allocUnsafeSlow(await boundedSize(path))
    file = await open(path, 'r')
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0)
    return bytes.subarray(0, bytesRead)
  } catch (error) {
    if (error instanceof Failure) throw error
    throw refuse('the file can not be read', error)
  } finally {
    await file?.close()
  }
}

function layoutOf(bytes: Uint8Array): WavLayout {
  try {
    return wavLayout(bytes)
  } catch (error) {
    if (error instanceof WavFault) throw refuse(error.message, error)
    throw error
  }
}

/** The samples as they lie in the file, when that is just what we play; else undefined. */
function asItIs(bytes: Buffer, wanted: SoundRateHz, { format, dataOffset, dataBytes }: WavLayout) {
  const { encoding, channels, rateHz, frameBytes } = format
  const start = bytes.byteOffset + dataOffset
  const fits = encoding === 'pcm' && channels === 1 && rateHz === wanted && frameBytes === 2
  if (!fits || start % 2 !== 0) return undefined
  return new Int16Array(bytes.buffer as ArrayBuffer, start, dataBytes / 2)
}

async function convert(bytes: Buffer, wanted: SoundRateHz, layout: WavLayout): Promise<Int16Array> {
  const { format, dataOffset, dataBytes } = layout
  const resampler = new Resampler(format.rateHz, wanted)
  const frames = dataBytes / format.frameBytes
  const slice = Math.ceil((format.rateHz * SLICE_MS) / 1000)
  const out = new Int16Array(resampler.maxOutput(frames) + Math.ceil(frames / slice))
  let written = 0
  for (let done = 0; done < frames; done += slice) {
    const count = Math.min(slice, frames - done)
    const from = dataOffset + done * format.frameBytes
    const body = bytes.subarray(from, from + count * format.frameBytes)
    const channels = Array.from({ length: format.channels }, (_, channel) =>
      decodeChannel(body, format, channel, count),
    )
    written += resampler.process(downmix(channels), 0, count, out, written)
    await nextTurn()
  }
  return out.subarray(0, written)
}

/**
 * Reads a WAV file of any common sort as mono samples: at 8 kHz, or at 16 kHz where the file has more than 8
 * and that is wanted.
 * @throws Failure `invalid_audio`
 */
export async function loadWav(path: string, mostRateHz: SoundRateHz): Promise<Samples> {
  const bytes = await readBytes(path)
  const layout = layoutOf(bytes)
  if (layout.dataBytes === 0) throw refuse('there are no samples in it')
  const rateHz = layout.format.rateHz > 8000 ? mostRateHz : 8000
  const ready = rateHz === 8000 ? narrowIn(bytes, layout) : undefined
  const pcm = ready ?? asItIs(bytes, rateHz, layout) ?? (await convert(bytes, rateHz, layout))
  return { rateHz, pcm }
}
