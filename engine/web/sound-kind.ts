/** What makes a file no sound that can be played; the message is fit for the user. */
export class SoundFault extends Error {
  override readonly name = 'SoundFault'
}

/** What a prompt was before it was converted. */
export type SoundKind = 'wav' | 'mp3' | 'opus'

const text = (bytes: Uint8Array, at: number, length: number): string =>
  String.fromCharCode(...bytes.subarray(at, at + length))

/** Says what a file is by what is in it: names and content types are often wrong. Throws SoundFault. */
export function kindOf(bytes: Uint8Array): SoundKind {
  if (bytes.length === 0) throw new SoundFault('the file is empty')
  const id = text(bytes, 0, 4)
  if (id === 'OggS') return opusIn(bytes)
  if (text(bytes, 0, 3) === 'ID3' || isMpeg(bytes, 0)) return 'mp3'
  const other = otherKind(bytes)
  if (other !== undefined)
    throw new SoundFault(`${other} is not supported: use WAV, MP3 or Ogg Opus`)
  if (!['RIFF', 'RIFX', 'RF64', 'BW64'].includes(id))
    throw new SoundFault('the file is none of WAV, MP3 and Ogg Opus')
  // Its own reader says best what is wrong with it.
  return 'wav'
}

/** RFC 7845 section 5.1: the first page holds this and nothing else. */
function opusIn(bytes: Uint8Array): 'opus' {
  const first = text(bytes, 0, 128)
  if (first.includes('OpusHead')) return 'opus'
  const name = ['vorbis', 'FLAC', 'Speex'].find((codec) => first.includes(codec)) ?? 'something'
  throw new SoundFault(`${name} in Ogg is not supported: use Ogg Opus, WAV or MP3`)
}

function otherKind(bytes: Uint8Array): string | undefined {
  const id = text(bytes, 0, 4)
  if (id === 'fLaC') return 'FLAC'
  if (id === '.snd') return 'Sun audio'
  if (id === 'FORM') return 'AIFF'
  if (text(bytes, 4, 4) === 'ftyp') return 'MP4'
  return bytes[0] === 0xff && (bytes[1]! & 0xf6) === 0xf0 ? 'AAC' : undefined
}

/** Bit rates in kbit/s by index: ISO/IEC 11172-3 (MPEG 1, layer III) and 13818-3 (MPEG 2). */
const RATES_1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320]
const RATES_2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160]
const SAMPLE_RATES_HZ = [44_100, 48_000, 32_000]

/** Is there a frame of layer III, and another one or the end of the file where it ends? */
function isMpeg(bytes: Uint8Array, at: number): boolean {
  const length = frameBytes(bytes, at)
  if (length === undefined) return false
  return at + length + 4 > bytes.length || frameBytes(bytes, at + length) !== undefined
}

function frameBytes(bytes: Uint8Array, at: number): number | undefined {
  const [sync = 0, kind = 0, rates = 0] = bytes.subarray(at, at + 4)
  const version = (kind >> 3) & 3
  const isLayer3 = sync === 0xff && kind >> 5 === 7 && ((kind >> 1) & 3) === 1 && version !== 1
  const rateHz = SAMPLE_RATES_HZ[(rates >> 2) & 3]
  if (!isLayer3 || rateHz === undefined) return undefined
  const kbits = (version === 3 ? RATES_1 : RATES_2)[rates >> 4]
  if (kbits === undefined || kbits === 0) return undefined
  const padding = (rates >> 1) & 1
  const divisor = version === 3 ? 1 : version === 2 ? 2 : 4
  const samples = version === 3 ? 1152 : 576
  return Math.floor((samples / 8) * ((kbits * 1000) / (rateHz / divisor))) + padding
}
