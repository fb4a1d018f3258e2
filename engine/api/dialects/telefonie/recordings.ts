import { type TSchema, Type } from 'typebox'
import {
  audioOf,
  getRecording,
  listRecordings,
  removeRecording,
} from '../../../app/directory/recordings.ts'
import type { CallId, ConferenceId } from '../../../core/ids.ts'
import type { RecordingRecord } from '../../../core/ports/store.ts'
import { type Reply, type Route, route } from '../../dialect.ts'
import type { Services } from '../../services.ts'
import { pageSchemas } from './call-schema.ts'
import { errorBody } from './error.ts'
import { isoTime } from './values.ts'

const tag = 'Recordings'
/**
 * Where the resource lives: below the voice API, and as its sibling document has it, whose base path ends
 * in the name that its paths begin with; clients use both readings of that.
 */
const bases = [
  ['/v1/voice/recordings', ''],
  ['/v1/recordings/recordings', 'Sibling'],
  ['/v1/recordings', 'Short'],
] as const

/** What the documentation says of a request, and why it shows the same one more than once. */
function shownAs(suffix: string, summary: string, description?: string) {
  if (suffix === '') return { summary, ...(description !== undefined && { description }) }
  const why = `The same as below ${bases[0][0]}, at a path of the sibling document.`
  return {
    summary: `${summary} (sibling path)`,
    description: description === undefined ? why : `${description} ${why}`,
  }
}

const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const statusSchema = Type.Enum(['in-progress', 'completed', 'failed'])
const recordingSchema = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    call_id: nullable(Type.String({ format: 'uuid', description: 'Null: of a conference' })),
    conference_id: nullable(
      Type.String({ format: 'uuid', description: 'The conference in which it was made' }),
    ),
    status: statusSchema,
    duration: nullable(Type.Integer({ description: 'Seconds' })),
    channels: Type.Integer({
      description: '2: caller or agent left, the other side right; 1: all that was heard',
    }),
    source: Type.Enum(['call', 'conference']),
    price: nullable(Type.String()),
    price_unit: nullable(Type.String()),
    media_url: nullable(Type.String({ description: 'WAV; null until it is completed' })),
    date_created: Type.String({ format: 'date-time' }),
    bytes: nullable(Type.Integer()),
    failure: nullable(Type.String()),
  },
  { 'x-name': 'Recording' },
)
const listSchema = Type.Object({
  recordings: Type.Array(recordingSchema),
  total: Type.Integer(),
  page: Type.Integer(),
  page_size: Type.Integer(),
})
const querySchema = Type.Object(
  {
    call_id: Type.Optional(Type.String({ maxLength: 64 })),
    conference_id: Type.Optional(Type.String({ maxLength: 64 })),
    status: Type.Optional(statusSchema),
    ...pageSchemas,
  },
  { additionalProperties: false },
)
const idSchema = Type.Object({ recording_id: Type.String() })
const bucketsSchema = Type.Object(
  {
    buckets: Type.Optional(
      Type.Integer({ minimum: 10, maximum: 4000, default: 800, description: 'Stretches' }),
    ),
  },
  { additionalProperties: false },
)

function render(recording: RecordingRecord, { recordingUrl }: Services) {
  const { id, callId, conferenceId, status, durationMs, channels, createdAtMs, bytes, failure } =
    recording
  return {
    id,
    call_id: callId,
    conference_id: conferenceId ?? null,
    status,
    duration: durationMs === null ? null : Math.round(durationMs / 1000),
    channels,
    source: callId === null ? 'conference' : 'call',
    price: null,
    price_unit: null,
    media_url: status === 'completed' ? recordingUrl(id) : null,
    date_created: isoTime(createdAtMs),
    bytes,
    failure,
  }
}

/** There is nothing to fetch or delete before the end: the file is still being written. */
const unfinished = (requestId: string): Reply => ({
  status: 409,
  body: errorBody('recording_in_progress', 'The recording is not finished', requestId),
})

const list = (base: string, suffix: string) =>
  route({
    method: 'GET',
    path: base,
    query: querySchema,
    operation: {
      id: `listRecordings${suffix}`,
      tag,
      ...shownAs(suffix, 'List recordings', 'Newest first.'),
      replies: { 200: { says: 'List of recordings', schema: listSchema } },
    },
    async run({ account, query }, services) {
      const { call_id, conference_id, status, page = 1, page_size = 50 } = query
      const { recordings, total } = await listRecordings(services.directory, account.id, {
        page,
        pageSize: page_size,
        ...(call_id !== undefined && { callId: call_id as CallId }),
        ...(conference_id !== undefined && { conferenceId: conference_id as ConferenceId }),
        ...(status !== undefined && { status }),
      })
      const rendered = recordings.map((recording) => render(recording, services))
      return { status: 200, body: { recordings: rendered, total, page, page_size } }
    },
  })

const get = (base: string, suffix: string) =>
  route({
    method: 'GET',
    path: `${base}/:recording_id`,
    params: idSchema,
    operation: {
      id: `getRecording${suffix}`,
      tag,
      ...shownAs(suffix, 'Get a recording'),
      replies: { 200: { says: 'The recording', schema: recordingSchema } },
    },
    async run({ account, params }, services) {
      const recording = await getRecording(services.directory, account.id, params.recording_id)
      return { status: 200, body: render(recording, services) }
    },
  })

const remove = (base: string, suffix: string) =>
  route({
    method: 'DELETE',
    path: `${base}/:recording_id`,
    params: idSchema,
    operation: {
      id: `deleteRecording${suffix}`,
      tag,
      ...shownAs(suffix, 'Delete a recording and its audio'),
      replies: { 204: { says: 'Recording deleted' }, 409: { says: 'Not finished yet' } },
    },
    async run({ account, params, requestId }, { directory }) {
      const removed = await removeRecording(directory, account.id, params.recording_id)
      return removed ? { status: 204 } : unfinished(requestId)
    },
  })

const media = (base: string, suffix: string) =>
  route({
    method: 'GET',
    path: `${base}/:recording_id/media`,
    params: idSchema,
    operation: {
      id: `getRecordingMedia${suffix}`,
      tag,
      ...shownAs(suffix, 'Download the audio', 'A stereo WAV file. Byte ranges are served.'),
      produces: 'audio/wav',
      replies: {
        200: { says: 'The file' },
        206: { says: 'A part of it' },
        409: { says: 'Not finished yet' },
        416: { says: 'The range is outside of the file' },
      },
    },
    async run({ account, params, requestId }, { directory }) {
      const recording = await getRecording(directory, account.id, params.recording_id)
      if (recording.status === 'in-progress') return unfinished(requestId)
      const { path } = await audioOf(directory, recording)
      const name = `recording-${recording.id}.wav`
      return { file: { path, type: 'audio/wav', name } }
    },
  })

const peaks = route({
  method: 'GET',
  path: '/v1/voice/recordings/:recording_id/peaks',
  params: idSchema,
  query: bucketsSchema,
  operation: {
    id: 'getRecordingPeaks',
    tag,
    summary: 'The waveform, for drawing',
    replies: {
      200: {
        says: 'Least and greatest sample of each stretch, -1 to 1, a row per channel',
        schema: Type.Object({
          rate: Type.Integer({ description: 'Hz' }),
          duration: Type.Number({ description: 'Seconds' }),
          channels: Type.Array(
            Type.Object({ min: Type.Array(Type.Number()), max: Type.Array(Type.Number()) }),
          ),
        }),
      },
      409: { says: 'Not finished yet' },
    },
  },
  async run({ account, params, query, requestId }, services) {
    const recording = await getRecording(services.directory, account.id, params.recording_id)
    if (recording.status === 'in-progress') return unfinished(requestId)
    const { path } = await audioOf(services.directory, recording)
    const { rateHz, durationMs, channels } = await services.peaks(path, query.buckets ?? 800)
    return { status: 200, body: { rate: rateHz, duration: durationMs / 1000, channels } }
  },
})

export const recordingRoutes: readonly Route[] = [
  ...bases.flatMap(([base, suffix]) =>
    [list, get, remove, media].map((make) => make(base, suffix)),
  ),
  peaks,
]
