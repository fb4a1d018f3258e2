import { Failure } from '../../core/failures.ts'
import type { StreamOptions, StreamTrack } from '../../core/ports/streams.ts'
import type { DialledStream, StreamFields } from '../../core/stream-verbs.ts'

/** What somebody wants of a call's audio. */
export interface StreamWish {
  readonly options: StreamOptions
  /** Each message of audio has a head (frame-head.ts). */
  readonly hasHeads: boolean
}

export const streamBufferMs = { least: 200, most: 60_000, usual: 10_000 } as const

const tracksOf: Readonly<Record<NonNullable<StreamFields['tracks']>, readonly StreamTrack[]>> = {
  received: ['received'],
  sent: ['sent'],
  both: ['received', 'sent'],
  mixed: ['mixed'],
  none: [],
}

const usualRateHz = { L16: 16_000, PCMU: 8000, opus: 48_000 } as const

type Wanted = { readonly [Name in keyof StreamFields]: StreamFields[Name] | undefined }

/** Failure `invalid_request` for fields that do not go together. */
export function streamWish(fields: Wanted): StreamWish {
  const { format = 'L16', tracks = 'received', speak = 'mix', framing = 'header' } = fields
  const rateHz = fields.rate ?? usualRateHz[format]
  if (format !== 'L16' && rateHz !== usualRateHz[format]) {
    throw new Failure('invalid_request', `${format} is at ${usualRateHz[format]} Hz`, 'rate')
  }
  if (framing === 'raw' && tracks === 'both') {
    throw new Failure(
      'invalid_request',
      'Without heads two tracks can not be told apart',
      'framing',
    )
  }
  return {
    hasHeads: framing === 'header',
    options: {
      ...{ format, rateHz, speaks: speak, bufferMs: fields.bufferMs ?? streamBufferMs.usual },
      bigEndian: fields.endian === 'big',
      tracks: tracksOf[tracks],
    },
  }
}

const notOfTwiml = ['format', 'rate', 'endian', 'framing'] as const

/** The same, of a server that is dialled; the messages that servers for TwiML know hold PCMU alone. */
export function dialledWish(wanted: DialledStream): StreamWish {
  if (wanted.protocol !== 'twiml') return streamWish(wanted)
  const field = notOfTwiml.find((name) => wanted[name] !== undefined)
  if (field !== undefined) {
    throw new Failure('invalid_request', `${field} does not go with the protocol twiml`, field)
  }
  if (wanted.tracks === 'mixed') {
    throw new Failure('invalid_request', 'the protocol twiml has no mixed track', 'tracks')
  }
  return streamWish({ bufferMs: streamBufferMs.most, ...wanted, format: 'PCMU' })
}
