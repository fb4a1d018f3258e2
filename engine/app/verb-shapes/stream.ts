import { Type } from 'typebox'
import { streamFormats, streamRatesHz } from '../../core/ports/streams.ts'
import {
  streamEndians,
  streamFramings,
  streamLimits,
  streamProtocols,
  streamSpeaking,
  streamTrackChoices,
  streamUrlPattern,
} from '../../core/stream-verbs.ts'
import { streamBufferMs } from '../streams/wish.ts'
import { about, methodOf, onwards, url } from './fields.ts'

const oneOf = <Word extends string | number>(words: readonly Word[], description: string) =>
  Type.Optional(
    Type.Unsafe<Word>({
      type: typeof words[0] === 'number' ? 'integer' : 'string',
      enum: [...words],
      description,
    }),
  )

const streamName = Type.String({
  ...{ minLength: 1, maxLength: streamLimits.name },
  description: 'Of one stream of the call at a time; by it the stream is stopped',
})

/** A stream to a server that is dialled, by verb and by API. */
export const dialledStreamShape = {
  url: Type.String({
    ...{ pattern: streamUrlPattern, maxLength: 2048 },
    description:
      'The WebSocket server that is dialled: wss:// or ws://. Private addresses only where the operator allows them; redirects are not followed',
  }),
  name: Type.Optional(streamName),
  protocol: oneOf(
    streamProtocols,
    '`native` (default): as at /v1/voice/calls/{call_id}/media. `twiml`: the messages of Media Streams, PCMU in base64; then without format, rate, endian and framing',
  ),
  tracks: oneOf(
    streamTrackChoices,
    '`received` (default): what the phone says; `sent`: what it is told; `both`; `mixed`; `none`',
  ),
  speak: oneOf(
    streamSpeaking,
    'What the server says: `mix`: with what the phone hears; `replace`: in its place; `never`',
  ),
  format: oneOf(streamFormats, 'Default `L16`'),
  rate: oneOf(streamRatesHz, 'Of L16, default 16000; PCMU is at 8000, Opus has its clock of 48000'),
  endian: oneOf(streamEndians, 'Of L16; default `little`'),
  framing: oneOf(
    streamFramings,
    '`header` (default): 12 bytes before each 20 ms; `raw`: audio alone',
  ),
  buffer_ms: Type.Optional(
    Type.Integer({
      ...{ minimum: streamBufferMs.least, maximum: streamBufferMs.most },
      description:
        'So much of what the server says may wait to be played; more is refused. Default 10000, with the protocol `twiml` 60000',
    }),
  ),
  parameters: Type.Optional(
    Type.Record(
      Type.String({ pattern: `^[^\\u0000-\\u001f]{1,${streamLimits.parameter}}$` }),
      Type.String({ maxLength: streamLimits.value }),
      {
        ...{ additionalProperties: false, maxProperties: streamLimits.parameters },
        description: 'Your own: told to the server when the stream begins',
      },
    ),
  ),
  status_callback: Type.Optional(
    url(
      'Told of stream-started, stream-stopped and stream-error (`stream_event`), again until it has answered, as a webhook is',
    ),
  ),
  status_callback_method: methodOf('status_callback'),
}

export const stream = Type.Object(
  {
    verb: Type.Literal('stream'),
    mode: oneOf(
      ['start', 'connect'] as const,
      '`connect` (default): the list waits until the server closes, and `speak` is `mix`; `start`: it goes on at once, the stream goes on beside it, and `speak` is `never`',
    ),
    ...dialledStreamShape,
    ...onwards('after `connect` how it went (`stream_status`, `stream_reason`, `stream_duration`)'),
  },
  about(
    'stream',
    'Dials your WebSocket server, within 5 s, and connects the audio of the call to it; answers the call first. Where that fails the list goes on, and so it does when the server leaves or is lost: it is not dialled again, but `stream` may be asked again, with the same name. The stream ends with the call. Events stream.started, stream.stopped with its reason (far_end, lost, protocol_error, too_much, stopped, call_over, process_restarted), stream.failed.',
  ),
)

export const stopStream = Type.Object(
  { verb: Type.Literal('stop_stream'), name: streamName },
  about('stop_stream', 'Ends the stream of that name; where there is none it does nothing.'),
)
