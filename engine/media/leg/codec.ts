import {
  ALAW_SILENCE,
  decodeAlaw,
  decodeUlaw,
  encodeAlaw,
  encodeUlaw,
  isQuietAlaw,
  isQuietUlaw,
  ULAW_SILENCE,
} from '../../dsp/g711.ts'
import type { CodecName } from '../agreement.ts'

/** Those of one byte a sample. */
export type G711Name = Exclude<CodecName, 'opus' | 'G722'>

/** One tick of 8 kHz audio. */
export const FRAME_SAMPLES = 160
export const FRAME_MS = 20

/** What the media path needs of a codec with one byte a sample at 8 kHz. */
export interface Codec {
  readonly name: G711Name
  readonly silenceByte: number
  encode(pcm: Int16Array, at: number, samples: number, out: Uint8Array, outAt: number): void
  decode(bytes: Uint8Array, at: number, count: number, pcm: Int16Array, pcmAt: number): void
  isQuiet(bytes: Uint8Array, at: number, count: number): boolean
}

export const codecs: Readonly<Record<G711Name, Codec>> = {
  PCMU: {
    name: 'PCMU',
    silenceByte: ULAW_SILENCE,
    encode: encodeUlaw,
    decode: decodeUlaw,
    isQuiet: isQuietUlaw,
  },
  PCMA: {
    name: 'PCMA',
    silenceByte: ALAW_SILENCE,
    encode: encodeAlaw,
    decode: decodeAlaw,
    isQuiet: isQuietAlaw,
  },
}

/** @throws Error for a codec that nobody offered */
export function codecOf(name: CodecName): Codec {
  if (name === 'PCMU' || name === 'PCMA') return codecs[name]
  throw new Error(`${name} was not offered`)
}
