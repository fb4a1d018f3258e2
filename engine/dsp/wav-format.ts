/** What makes a file no WAV that we can play; the message is fit for the user. */
export class WavFault extends Error {
  override readonly name = 'WavFault'
}

export type WavEncoding = 'pcm' | 'float' | 'ulaw' | 'alaw'

export interface WavFormat {
  readonly encoding: WavEncoding
  readonly rateHz: number
  readonly channels: number
  /** Bits that a sample takes up in the file. */
  readonly bits: number
  /** Bytes of one sample of every channel. */
  readonly frameBytes: number
}

const EXTENSIBLE = 0xfffe
const ENCODINGS: Readonly<Record<number, WavEncoding>> = {
  1: 'pcm',
  3: 'float',
  6: 'alaw',
  7: 'ulaw',
}
const BITS: Readonly<Record<WavEncoding, readonly number[]>> = {
  pcm: [8, 16, 24, 32],
  float: [32, 64],
  ulaw: [8],
  alaw: [8],
}
const NAMES: Readonly<Record<number, string>> = {
  2: 'Microsoft ADPCM',
  17: 'IMA ADPCM',
  49: 'GSM 6.10',
  80: 'MPEG',
  85: 'MP3',
}
const MIN_RATE_HZ = 4000
const MAX_RATE_HZ = 192_000
const MAX_CHANNELS = 32

/** In the extensible format the code is the beginning of a GUID at offset 24. */
function formatCode(view: DataView, at: number, size: number): number {
  const code = view.getUint16(at, true)
  if (code !== EXTENSIBLE) return code
  if (size < 40) throw new WavFault('the extensible format is cut off')
  return view.getUint16(at + 24, true)
}

/**
 * Reads the body of the `fmt ` chunk.
 * @throws WavFault when it is cut off, of an unknown encoding, or out of all reason.
 */
export function readWavFormat(view: DataView, at: number, size: number): WavFormat {
  if (size < 16 || at + size > view.byteLength) throw new WavFault('the format is cut off')
  const code = formatCode(view, at, size)
  const encoding = ENCODINGS[code]
  const name = NAMES[code] ?? `format ${code}`
  if (!encoding) throw new WavFault(`${name} in WAV is not supported: use PCM, mu-law or A-law`)
  const channels = view.getUint16(at + 2, true)
  const rateHz = view.getUint32(at + 4, true)
  const frameBytes = view.getUint16(at + 12, true)
  const bits = view.getUint16(at + 14, true)
  if (channels < 1 || channels > MAX_CHANNELS) throw new WavFault(`${channels} channels`)
  if (rateHz < MIN_RATE_HZ || rateHz > MAX_RATE_HZ) {
    throw new WavFault(`sample rate ${rateHz} Hz is not within ${MIN_RATE_HZ} to ${MAX_RATE_HZ} Hz`)
  }
  if (!BITS[encoding].includes(bits)) throw new WavFault(`${bits} bits of ${encoding} a sample`)
  if (frameBytes !== (channels * bits) / 8) {
    throw new WavFault(`${frameBytes} bytes do not hold ${channels} x ${bits} bits`)
  }
  return { encoding, rateHz, channels, bits, frameBytes }
}
