import type { MPEGDecoder } from 'mpg123-decoder'
import type { OggOpusDecoder } from 'ogg-opus-decoder'
import { MonoSound } from './mono-sound.ts'
import { SoundFault } from './sound-kind.ts'

/**
 * Decoded at a go. Of Opus these can be up to 200 s of 120 ms to the packet, of MP3 4 s: what comes out is looked at in
 * between, so that a small file can't become a large one.
 */
const PIECE_BYTES = 4096

/** The two decoders alike. */
interface Decoder {
  decode(bytes: Uint8Array): Promise<Decoded>
  flush(): Promise<Decoded | undefined>
  free(): void
}

interface Decoded {
  readonly channelData: readonly Float32Array[]
  readonly samplesDecoded: number
  readonly sampleRate: number
}

/** Both are WebAssembly, and loaded when the first file of their kind comes. */
const open: Readonly<Record<'mp3' | 'opus', () => Promise<Decoder>>> = {
  async mp3() {
    const { MPEGDecoder } = await import('mpg123-decoder')
    const decoder: MPEGDecoder = new MPEGDecoder()
    await decoder.ready
    return {
      decode: async (bytes) => decoder.decode(bytes),
      flush: async () => undefined,
      free: () => decoder.free(),
    }
  },
  async opus() {
    const { OggOpusDecoder } = await import('ogg-opus-decoder')
    const decoder: OggOpusDecoder = new OggOpusDecoder()
    await decoder.ready
    return {
      // Its types say that this is no promise.
      decode: async (bytes) => await decoder.decode(bytes),
      flush: () => decoder.flush(),
      free: () => decoder.free(),
    }
  },
}

/** Decodes an MP3 or Ogg Opus file as far as it goes. Throws SoundFault. */
export async function decodeCompressed(
  kind: 'mp3' | 'opus',
  bytes: Uint8Array,
): Promise<MonoSound> {
  const decoder = await open[kind]()
  const sound = new MonoSound()
  try {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES)
      add(sound, await decoder.decode(bytes.subarray(at, at + PIECE_BYTES)))
    add(sound, await decoder.flush())
  } finally {
    decoder.free()
  }
  sound.end(kind === 'opus' ? opusSamples(bytes) : undefined)
  if (sound.samples === 0) throw new SoundFault(`there is no sound in the ${kind} file`)
  return sound
}

function add(sound: MonoSound, decoded: Decoded | undefined): void {
  if (decoded === undefined || decoded.samplesDecoded === 0) return
  sound.add(decoded.channelData, decoded.sampleRate)
}

const PAGE_HEADER_BYTES = 27
const LAST_PAGE = 4

/**
 * How many samples of 48 kHz an Ogg Opus file of one stream says that it has (RFC 7845 section 4): the granule position
 * of its last page but for the pre-skip. The decoder leaves the pre-skip on at the end. Undefined: it does not say.
 */
function opusSamples(bytes: Uint8Array): number | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const head = file.indexOf('OpusHead')
  const page = file.lastIndexOf('OggS')
  if (head < 0 || head + 12 > file.length || page + PAGE_HEADER_BYTES > file.length)
    return undefined
  const isLast = (file[page + 5]! & LAST_PAGE) !== 0
  const isOne = file.indexOf('OpusHead', head + 1) < 0
  const samples = Number(file.readBigInt64LE(page + 6)) - file.readUInt16LE(head + 10)
  return isLast && isOne && samples > 0 ? samples : undefined
}
