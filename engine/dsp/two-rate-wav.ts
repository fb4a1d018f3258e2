import { WAV_HEADER_BYTES, type WavLayout, wavHeader } from './wav.ts'

/**
 * A WAV file of 16 kHz that brings the same sound at 8 kHz along, in a chunk of its own behind the samples: phones of
 * both bands play it as it lies there, and whoever knows nothing of the chunk reads a file of 16 kHz. 16-bit mono.
 */
export const WIDE_HZ = 16_000
export const NARROW_HZ = 8000

/** 'RIFF' readers pass over chunks whose id they do not know. */
const NARROW_CHUNK = 'nb8k'
const CHUNK_HEADER_BYTES = 8

/** Samples that stand for so many of 16 kHz. */
const narrowSamples = (wideSamples: number): number => Math.round(wideSamples / 2)

/** Size of a file of so many samples of 16 kHz. */
export const twoRateBytes = (wideSamples: number): number =>
  WAV_HEADER_BYTES + wideSamples * 2 + CHUNK_HEADER_BYTES + narrowSamples(wideSamples) * 2

/** The 44 bytes in front of the samples of 16 kHz. */
export function twoRateHeader(wideSamples: number): Uint8Array {
  const header = wavHeader({
    ...{ rateHz: WIDE_HZ, channels: 1, format: 'pcm16' },
    dataBytes: wideSamples * 2,
  })
  new DataView(header.buffer).setUint32(4, twoRateBytes(wideSamples) - CHUNK_HEADER_BYTES, true)
  return header
}

/** `narrow`: the same at 8 kHz; what is missing at its end is silence, and what is too much is left out. */
export function twoRateWav(wide: Int16Array, narrow: Int16Array): Uint8Array {
  const file = new Uint8Array(twoRateBytes(wide.length))
  file.set(twoRateHeader(wide.length))
  file.set(bytesOf(wide), WAV_HEADER_BYTES)
  const chunk = WAV_HEADER_BYTES + wide.length * 2
  const samples = narrowSamples(wide.length)
  for (let i = 0; i < NARROW_CHUNK.length; i++) file[chunk + i] = NARROW_CHUNK.charCodeAt(i)
  new DataView(file.buffer).setUint32(chunk + 4, samples * 2, true)
  file.set(bytesOf(narrow.subarray(0, samples)), chunk + CHUNK_HEADER_BYTES)
  return file
}

/** The samples of 8 kHz that a file brings along, copied; undefined where it brings none of its length. */
export function narrowIn(
  file: Uint8Array,
  { format, dataOffset, dataBytes }: WavLayout,
): Int16Array | undefined {
  const chunk = dataOffset + dataBytes
  const start = chunk + CHUNK_HEADER_BYTES
  if (format.rateHz !== WIDE_HZ || start > file.length) return undefined
  const id = String.fromCharCode(...file.subarray(chunk, chunk + NARROW_CHUNK.length))
  if (id !== NARROW_CHUNK) return undefined
  const bytes = new DataView(file.buffer, file.byteOffset).getUint32(chunk + 4, true)
  const isWhole = bytes === narrowSamples(dataBytes / format.frameBytes) * 2
  if (!isWhole || start + bytes > file.length) return undefined
  const pcm = new Int16Array(bytes / 2)
  bytesOf(pcm).set(file.subarray(start, start + bytes))
  return pcm
}

const bytesOf = (pcm: Int16Array): Uint8Array =>
  new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength)
