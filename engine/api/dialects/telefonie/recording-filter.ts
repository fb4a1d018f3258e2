import { type Static, Type } from 'typebox'
import { Failure } from '../../../core/failures.ts'
import type { CallId, ConferenceId } from '../../../core/ids.ts'
import { type RecordingFilter, recordingSources } from '../../../core/ports/recordings.ts'
import { pageSchemas } from './call-schema.ts'
import { recordingStatusSchema } from './recording-schema.ts'
import { readTime } from './values.ts'

const time = (description: string) => Type.Optional(Type.String({ maxLength: 40, description }))
const longestS = 1_000_000
const length = (description: string) =>
  Type.Optional(Type.Number({ minimum: 0, maximum: longestS, description }))

export const recordingQuerySchema = Type.Object(
  {
    call_id: Type.Optional(Type.String({ maxLength: 64 })),
    conference_id: Type.Optional(Type.String({ maxLength: 64 })),
    status: Type.Optional(recordingStatusSchema),
    source: Type.Optional(Type.Enum([...recordingSources])),
    created_after: time('Made after this time (ISO 8601)'),
    created_before: time('Made before this time (ISO 8601)'),
    min_duration: length('At least so many seconds long'),
    max_duration: length('At most so many seconds long'),
    transcript: Type.Optional(
      Type.String({
        ...{ minLength: 1, maxLength: 100 },
        description: 'Words that stand in its transcript as they are written here, in either case',
      }),
    ),
    ...pageSchemas,
  },
  { additionalProperties: false },
)

/** Failure `invalid_request` for a time that is none. */
export function readRecordingFilter(query: Static<typeof recordingQuerySchema>): RecordingFilter {
  const { call_id, conference_id, status, source, transcript, page = 1, page_size = 50 } = query
  const [after, before] = [timeOf(query, 'created_after'), timeOf(query, 'created_before')]
  const { min_duration: min, max_duration: max } = query
  return {
    page,
    pageSize: page_size,
    ...(call_id !== undefined && { callId: call_id as CallId }),
    ...(conference_id !== undefined && { conferenceId: conference_id as ConferenceId }),
    ...(status !== undefined && { status }),
    ...(source !== undefined && { source }),
    ...(after !== undefined && { madeAfterMs: after }),
    ...(before !== undefined && { madeBeforeMs: before }),
    ...(min !== undefined && { minDurationMs: Math.round(min * 1000) }),
    ...(max !== undefined && { maxDurationMs: Math.round(max * 1000) }),
    ...(transcript !== undefined && { said: transcript }),
  }
}

function timeOf(
  query: Static<typeof recordingQuerySchema>,
  field: 'created_after' | 'created_before',
): number | undefined {
  const text = query[field]
  if (text === undefined) return undefined
  const atMs = readTime(text)
  if (atMs !== undefined) return atMs
  throw new Failure('invalid_request', `${field} must be an ISO 8601 date or time`, field)
}
