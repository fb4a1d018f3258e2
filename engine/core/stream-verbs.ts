import type { StreamFormat, StreamOptions, StreamRateHz } from './ports/streams.ts'
import type { Onwards } from './verbs.ts'

export const streamTrackChoices = ['received', 'sent', 'both', 'mixed', 'none'] as const
export const streamEndians = ['little', 'big'] as const
export const streamFramings = ['header', 'raw'] as const
export const streamSpeaking = [
  'mix',
  'replace',
  'never',
] as const satisfies readonly StreamOptions['speaks'][]

/** Characters of a name and of an own parameter, and how many of these there may be. */
export const streamLimits = { name: 128, parameter: 128, value: 1024, parameters: 32 } as const

/** An address that can be dialled: no other scheme, and no fragment (RFC 6455 section 3). */
export const streamUrlPattern = '^[Ww][Ss]{1,2}://[^#]+$'
/** The same for people. */
export const streamUrlForm = 'begins with wss: or ws:, without a fragment'

/** How a call's audio is told and taken; by the socket of a call's audio and by the verb `stream`. */
export interface StreamFields {
  /** Default `L16`. */
  readonly format?: StreamFormat
  /** Of L16; default 16000. */
  readonly rate?: StreamRateHz
  /** Of L16; default `little`. */
  readonly endian?: (typeof streamEndians)[number]
  /** Default `received`. */
  readonly tracks?: (typeof streamTrackChoices)[number]
  /** Default `mix`. */
  readonly speak?: StreamOptions['speaks']
  /** Default `header`. */
  readonly framing?: (typeof streamFramings)[number]
  /** Default ten seconds. */
  readonly bufferMs?: number
}

/** In which words audio and all else is told: ours, or those that servers for TwiML know. */
export const streamProtocols = ['native', 'twiml'] as const
type StreamProtocol = (typeof streamProtocols)[number]

/** A WebSocket that the engine dials for a call's audio. */
export interface DialledStream extends StreamFields {
  /** As `streamUrlPattern`. */
  readonly url: string
  /** Of one stream of the call at a time. */
  readonly name?: string
  /** Default `native`. */
  readonly protocol?: StreamProtocol
  /** Of the application: told when it begins. */
  readonly parameters?: Readonly<Record<string, string>>
  /** Told that it has begun, is over, or could not be had. */
  readonly statusCallback?: string
  /** Default POST. */
  readonly statusCallbackMethod?: 'GET' | 'POST'
}

/** Connects the audio of the call to a server of the application. */
export interface StreamVerb extends DialledStream, Onwards {
  readonly verb: 'stream'
  /**
   * `start`: the list goes on beside it. `connect`, the default: when it is over. The default of `speak` is `never` for
   * the first and `mix` for the second.
   */
  readonly mode?: 'start' | 'connect'
}

/** Ends the one of that name; where there is none nothing. */
export interface StopStreamVerb {
  readonly verb: 'stopStream'
  readonly name: string
}
