import { type Static, Type } from 'typebox'
import type { StreamRecord } from '../../../app/streams/log.ts'
import { fromDocument } from '../../../app/verb-names.ts'
import { dialledStreamShape } from '../../../app/verb-shapes/stream.ts'
import { Failure } from '../../../core/failures.ts'
import { streamFormats, streamTracks } from '../../../core/ports/streams.ts'
import { type DialledStream, streamLimits, streamSpeaking } from '../../../core/stream-verbs.ts'
import { type Route, route } from '../../dialect.ts'
import { callIdSchema } from './call-schema.ts'
import { callId } from './calls.ts'
import { nullable } from './nullable.ts'
import { isoTime } from './values.ts'

const path = '/v1/voice/calls/:call_id/streams'
const tag = 'Live actions'

const startSchema = Type.Object(dialledStreamShape, {
  ...{ additionalProperties: false, 'x-name': 'StartStream' },
  examples: [{ url: 'wss://bot.example.com/audio', name: 'transcript', tracks: 'both' }],
})

const startedSchema = Type.Object(
  {
    stream_id: Type.String({
      format: 'uuid',
      description: 'In the events stream.started and stream.stopped, and to stop it',
    }),
  },
  { 'x-name': 'StartedStream' },
)

const time = Type.String({ format: 'date-time' })
const streamSchema = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    call_id: Type.String({ format: 'uuid' }),
    name: nullable(Type.String()),
    url: Type.String({ description: 'As it was given, with its query; so it is in the events' }),
    status: Type.Enum(['connecting', 'in-progress', 'completed', 'failed'], {
      description: 'in-progress: the server hears the call; failed: it could not be had',
    }),
    format: nullable(Type.Enum([...streamFormats], { description: 'Null: it has not begun' })),
    rate: nullable(Type.Integer({ description: 'Hz' })),
    tracks: nullable(Type.Array(Type.Enum([...streamTracks]))),
    speak: nullable(Type.Enum([...streamSpeaking])),
    started_at: nullable(time),
    ended_at: nullable(time),
    duration_ms: nullable(Type.Integer({ description: 'Null until it is over' })),
    reason: nullable(
      Type.String({
        description:
          'Why it is over: far_end, lost, protocol_error, too_much, stopped, call_over, or process_restarted (the engine had died)',
      }),
    ),
    reason_text: nullable(
      Type.String({ description: 'What the server gave as its reason, or what was wrong' }),
    ),
    error_code: nullable(Type.String({ description: 'Why it failed, e.g. url_unreachable' })),
    error_text: nullable(Type.String()),
    frames_dropped: nullable(
      Type.Integer({ description: 'Of 20 ms, that the server was too slow for; so far' }),
    ),
    refused: nullable(Type.Integer({ description: 'Messages of the server, so far' })),
    last_refusal: nullable(Type.String({ description: 'What was wrong with the last of these' })),
  },
  { 'x-name': 'CallStream' },
)
const streamListSchema = Type.Object(
  { streams: Type.Array(streamSchema, { description: 'The oldest first' }) },
  { 'x-name': 'CallStreamList' },
)

const renderStream = (call_id: string, one: StreamRecord): Static<typeof streamSchema> => ({
  ...{ id: one.id, call_id, name: one.name, url: one.url, status: one.status },
  ...{ format: one.format, rate: one.rateHz, speak: one.speaks },
  tracks: one.tracks && [...one.tracks],
  started_at: one.startedAtMs === null ? null : isoTime(one.startedAtMs),
  ended_at: one.endedAtMs === null ? null : isoTime(one.endedAtMs),
  ...{ duration_ms: one.durationMs, reason: one.reason, reason_text: one.why },
  ...{ error_code: one.code, error_text: one.error },
  ...{ frames_dropped: one.framesDropped, refused: one.refused, last_refusal: one.lastRefusal },
})

const whichSchema = Type.Object({
  ...callIdSchema.properties,
  stream: Type.String({ maxLength: streamLimits.name, description: 'Its id, or its name' }),
})

const start = route({
  method: 'POST',
  forTestKeys: true,
  path,
  params: callIdSchema,
  body: startSchema,
  operation: {
    id: 'startCallStream',
    tag,
    summary: "Connect a call's audio to your WebSocket server",
    description:
      'Dials it, as the verb `stream` with mode `start` does, beside whatever the call does; answers when the server is there, within 5 s. `speak` is `never` where nothing else is said. It ends with the call. Events stream.started, stream.stopped, stream.failed.',
    replies: {
      201: { says: 'The server hears the call', schema: startedSchema },
      400: { says: 'The address may not be dialled, or nobody answers there (url_unreachable)' },
      404: { says: 'Call not found' },
      409: {
        says: 'Not answered yet, over, or a stream of that name is there (already_exists)',
      },
      429: { says: 'The call has 4 streams (limit_reached)' },
    },
  },
  async run({ account, params, body }, { actions }) {
    const wanted = fromDocument('stream', body) as unknown as DialledStream
    const id = await actions.startStream(account.id, callId(params.call_id), wanted)
    return { status: 201, body: { stream_id: id } }
  },
})

const stop = route({
  method: 'DELETE',
  forTestKeys: true,
  path: `${path}/:stream`,
  params: whichSchema,
  operation: {
    id: 'stopCallStream',
    tag,
    summary: 'End a stream to your WebSocket server',
    description: 'Whoever has begun it: this API, or a document; one that is dialled just now too.',
    replies: {
      204: { says: 'It is over' },
      404: { says: 'Call not found, or it has no such stream' },
      409: { says: 'The call is not answered yet, or over' },
    },
  },
  async run({ account, params }, { actions }) {
    await actions.stopStream(account.id, callId(params.call_id), params.stream)
    return { status: 204 }
  },
})

const list = route({
  method: 'GET',
  path,
  params: callIdSchema,
  operation: {
    id: 'listCallStreams',
    tag,
    summary: 'The streams of a call to WebSocket servers',
    description:
      'Those of documents and of this API, also after the call, as long as its events are kept. What clients hear at /v1/voice/calls/{call_id}/media is not among them; it counts to the 4 at a time.',
    replies: {
      200: { says: 'Its streams', schema: streamListSchema },
      404: { says: 'Call not found' },
    },
  },
  async run({ account, params }, { actions }) {
    const id = callId(params.call_id)
    const streams = await actions.streamsOf(account.id, id)
    return { status: 200, body: { streams: streams.map((one) => renderStream(id, one)) } }
  },
})

const get = route({
  method: 'GET',
  path: `${path}/:stream`,
  params: whichSchema,
  operation: {
    id: 'getCallStream',
    tag,
    summary: 'A stream of a call to a WebSocket server',
    description: 'Of several that had that name one after the other: the newest.',
    replies: {
      200: { says: 'The stream', schema: streamSchema },
      404: { says: 'Call not found, or it has no such stream' },
    },
  },
  async run({ account, params }, { actions }) {
    const id = callId(params.call_id)
    const streams = await actions.streamsOf(account.id, id)
    const fits = ({ id: own, name }: StreamRecord) => [own, name].includes(params.stream)
    const found = streams.findLast(fits)
    if (!found) throw new Failure('not_found', 'the call has no stream of that id or name')
    return { status: 200, body: renderStream(id, found) }
  },
})

export const callStreamRoutes: readonly Route[] = [list, get, start, stop]
