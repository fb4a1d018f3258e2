import { Failure } from '../../core/failures.ts'
import type { AccountId, CallId } from '../../core/ids.ts'
import type { StreamTrack } from '../../core/ports/streams.ts'
import type { StreamConversation, StreamNews } from '../streams/conversation.ts'
import { readHead } from '../streams/frame-head.ts'
import type { StreamMessage } from '../streams/message.ts'
import type { StreamProtocol } from '../streams/protocol.ts'

/** Tracks that these servers know: `inbound` is what the phone says, `outbound` what it is told. */
const trackNames: Readonly<Partial<Record<StreamTrack, string>>> = {
  received: 'inbound',
  sent: 'outbound',
}

type Start = Extract<StreamNews, { event: 'start' }>

/**
 * The messages of Media Streams, as servers for TwiML know them: all JSON, audio in base64 of PCMU at 8000 Hz. What
 * they have no word for (audio dropped or refused, how much waits) is told by the event `stream.stopped` alone.
 */
export class TwimlStreamProtocol implements StreamProtocol {
  readonly #accountSid: AccountId
  #streamSid = ''
  #callSid = '' as CallId
  #hearsBack = false
  #sequence = 0

  constructor(accountId: AccountId) {
    this.#accountSid = accountId
  }

  audio(message: Uint8Array): string {
    const { track, sequence, atMs, payload } = readHead(message)
    return this.#numbered('media', {
      media: {
        track: trackNames[track],
        // Of its track, and of what was dropped too: there is a gap.
        chunk: String(sequence + 1),
        timestamp: String(atMs),
        payload: Buffer.from(payload).toString('base64'),
      },
    })
  }

  news(news: StreamNews): readonly string[] {
    switch (news.event) {
      case 'start':
        return this.#start(news)
      case 'mark':
        return [this.#numbered('mark', { mark: { name: news.name } })]
      case 'dtmf':
        // Of a stream that only listens they do not expect keys.
        if (!this.#hearsBack) return []
        return [this.#numbered('dtmf', { dtmf: { track: 'inbound_track', digit: news.digit } })]
      case 'stop':
        return [this.#numbered('stop', { stop: this.#sids() })]
      case 'cleared':
      case 'dropped':
      case 'refused':
      case 'buffer':
      case 'error':
        return []
    }
  }

  async read(message: string | Uint8Array, talk: StreamConversation): Promise<void> {
    try {
      const given = objectIn(message)
      if (given['event'] === 'media') talk.hear(payloadIn(given))
      else await this.#obey(given, talk)
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      talk.refuse(error)
    }
  }

  #start({ stream_id, call_id, tracks, speak, parameters }: Start): string[] {
    this.#streamSid = stream_id
    this.#callSid = call_id
    this.#hearsBack = speak !== 'never'
    return [
      JSON.stringify({ event: 'connected', protocol: 'Call', version: '1.0.0' }),
      this.#numbered('start', {
        start: {
          ...{ streamSid: stream_id, ...this.#sids() },
          tracks: tracks.map((track) => trackNames[track]),
          mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
          customParameters: parameters ?? {},
        },
      }),
    ]
  }

  #obey(given: Given, talk: StreamConversation): Promise<void> {
    const message = messageIn(given)
    return talk.obey(() => message)
  }

  #sids = () => ({ accountSid: this.#accountSid, callSid: this.#callSid })

  /** Numbers count what is sent, in the order in which it is. */
  #numbered(event: string, more: object): string {
    this.#sequence += 1
    const sequenceNumber = String(this.#sequence)
    return JSON.stringify({ event, sequenceNumber, ...more, streamSid: this.#streamSid })
  }
}

type Given = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Given =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function objectIn(message: string | Uint8Array): Given {
  let value: unknown
  try {
    value = typeof message === 'string' ? JSON.parse(message) : undefined
  } catch {
    throw new Failure('invalid_json', 'a message that is not valid JSON')
  }
  if (isObject(value)) return value
  throw new Failure('invalid_request', 'a message that is no JSON object')
}

const base64 = /^[A-Za-z0-9+/]*={0,2}$/

function payloadIn({ media }: Given): Buffer {
  const payload = isObject(media) ? media['payload'] : undefined
  if (typeof payload === 'string' && payload !== '' && base64.test(payload)) {
    const audio = Buffer.from(payload, 'base64')
    if (audio.length > 0) return audio
  }
  throw new Failure('invalid_audio', 'media.payload is not base64')
}

const longestName = 200

function messageIn({ event, mark }: Given): StreamMessage {
  if (event === 'clear') return { event }
  if (event !== 'mark') {
    throw new Failure('invalid_request', 'event is none of media, mark and clear')
  }
  const name = isObject(mark) ? mark['name'] : undefined
  if (typeof name === 'string' && name !== '' && name.length <= longestName) return { event, name }
  throw new Failure('invalid_request', `mark.name must be a text of 1 to ${longestName}`)
}
