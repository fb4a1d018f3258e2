/**
 * WAV (RIFF/WAVE): reading of all common sample formats into 16-bit PCM, and the header writer.
 * Layout: 'RIFF' size 'WAVE', then chunks of id, size, body, and a pad byte after odd sizes.
 */
import { readWavFormat, WavFault, type WavFormat } from './wav-format.ts'
import { decodeChannel } from './wav-samples.ts'

export { WavFault } from './wav-format.ts'

export interface Wav {
  readonly rateHz: number
  readonly channels: number
  /** One array a channel, all of one length. */
  readonly samples: readonly Int16Array[]
}

/** Where the samples of a file lie, without decoding them. */
export interface WavLayout {
  readonly format: WavFormat
  readonly dataOffset: number
  /** Whole sample frames only. */
  readonly dataBytes: number
}

const MAX_CHUNKS = 1000
/** Written by programs that stream and do not know the size. */
const UNKNOWN_SIZE = 0xffffffff

function chunkId(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!)
}

function checkRiff(bytes: Uint8Array): void {
  if (bytes.length < 12) throw new WavFault('not a WAV file: shorter than a header')
  const id = chunkId(bytes, 0)
  if (id === 'RIFX') throw new WavFault('big-endian WAV (RIFX) is not supported')
  if (id === 'RF64' || id === 'BW64') throw new WavFault('64-bit WAV is not supported')
  if (id !== 'RIFF') throw new WavFault(`not a WAV file: ${guess(bytes)}`)
  if (chunkId(bytes, 8) !== 'WAVE') throw new WavFault('a RIFF file, but not WAVE')
}

/** A word on what the file may be instead. */
function guess(bytes: Uint8Array): string {
  const id = chunkId(bytes, 0)
  if (id.startsWith('ID3') || (bytes[0] === 0xff && (bytes[1]! & 0xe0) === 0xe0))
    return 'looks like MP3'
  if (id === 'OggS') return 'looks like Ogg'
  if (id === 'fLaC') return 'looks like FLAC'
  if (id === '.snd') return 'looks like Sun audio'
  return 'it does not begin with RIFF'
}

/**
 * Finds format and samples in a file, or in the beginning of one.
 * A data size of 0 or 0xffffffff, or beyond the end, means: to the end of the file.
 * @throws WavFault
 */
export function wavLayout(bytes: Uint8Array): WavLayout {
  checkRiff(bytes)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let format: WavFormat | undefined
  let at = 12
  for (let n = 0; n < MAX_CHUNKS && at + 8 <= bytes.length; n++) {
    const id = chunkId(bytes, at)
    const size = view.getUint32(at + 4, true)
    const body = at + 8
    if (id === 'fmt ') format = readWavFormat(view, body, size)
    if (id === 'data') {
      if (!format) throw new WavFault('samples come before the format')
      return { format, dataOffset: body, dataBytes: dataBytes(bytes.length - body, size, format) }
    }
    at = body + size + (size & 1)
  }
  throw new WavFault(format ? 'no samples (data chunk) in the file' : 'no format in the file')
}

function dataBytes(available: number, told: number, format: WavFormat): number {
  const unknown = told === 0 || told === UNKNOWN_SIZE
  const bytes = unknown ? available : Math.min(told, available)
  return bytes - (bytes % format.frameBytes)
}

/**
 * Reads a whole file: PCM of 8, 16, 24, 32 bit, float of 32 and 64 bit, mu-law, A-law.
 * @throws WavFault for everything else, and for a file without a single sample.
 */
export function readWav(bytes: Uint8Array): Wav {
  const { format, dataOffset, dataBytes: size } = wavLayout(bytes)
  const frames = size / format.frameBytes
  if (frames === 0) throw new WavFault('no samples in the file')
  const body = bytes.subarray(dataOffset, dataOffset + size)
  const samples = Array.from({ length: format.channels }, (_, channel) =>
    decodeChannel(body, format, channel, frames),
  )
  return { rateHz: format.rateHz, channels: format.channels, samples }
}

/** The mean of all channels. */
export function downmix(channels: readonly Int16Array[]): Int16Array {
  const first = channels[0] ?? new Int16Array(0)
  if (channels.length < 2) return first
  return first.map((_, i) => {
    let sum = 0
    for (const channel of channels) sum += channel[i]!
    return Math.round(sum / channels.length)
  })
}

export const WAV_HEADER_BYTES = 44

export interface WavHeader {
  readonly rateHz: number
  readonly channels: number
  readonly format: 'pcm16'
  /** Size of the samples; files beyond 4 GB tell the largest size there is. */
  readonly dataBytes: number
}

/** The 44 bytes in front of 16-bit samples. */
export function wavHeader({ rateHz, channels, dataBytes: bytes }: WavHeader): Uint8Array {
  const header = new Uint8Array(WAV_HEADER_BYTES)
  const view = new DataView(header.buffer)
  const text = (at: number, value: string) => {
    for (let i = 0; i < value.length; i++) header[at + i] = value.charCodeAt(i)
  }
  const told = Math.min(bytes, UNKNOWN_SIZE - WAV_HEADER_BYTES)
  text(0, 'RIFF')
  view.setUint32(4, WAV_HEADER_BYTES - 8 + told + (told & 1), true)
  text(8, 'WAVEfmt ')
  view.setUint32(16, 16, true)
  view.setUint16(20, 1, true)
  view.setUint16(22, channels, true)
  view.setUint32(24, rateHz, true)
  view.setUint32(28, rateHz * channels * 2, true)
  view.setUint16(32, channels * 2, true)
  view.setUint16(34, 16, true)
  text(36, 'data')
  view.setUint32(40, told, true)
  return header
}
