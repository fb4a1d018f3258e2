import { type Static, Type } from 'typebox'
import { type Announcement, announcementEnds } from '../../../app/announcements.ts'
import { Failure } from '../../../core/failures.ts'
import { type AnnouncementId, type CallId, type ConferenceId, isUuid } from '../../../core/ids.ts'
import { type Route, route } from '../../dialect.ts'
import { nullable } from './nullable.ts'
import { isoTime } from './values.ts'

const base = '/v1/voice/announcements'
const tag = 'Announcements'
const longestS = 3600

const newAnnouncementSchema = Type.Object(
  {
    source: Type.Literal('microphone', { description: "The server's own" }),
    call_id: Type.Optional(Type.String({ maxLength: 64, description: 'The call that hears it' })),
    conference_id: Type.Optional(
      Type.String({
        maxLength: 64,
        description: 'Or the conference whose members all hear it',
      }),
    ),
    max_duration: Type.Optional(
      Type.Integer({ minimum: 1, maximum: longestS, default: 300, description: 'Seconds' }),
    ),
  },
  {
    additionalProperties: false,
    'x-name': 'NewAnnouncement',
    examples: [{ source: 'microphone', call_id: '3f0c1f0e-6f0f-4a6b-9d57-0f3c6c1f5a10' }],
  },
)
const announcementSchema = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    source: Type.Literal('microphone'),
    call_id: nullable(Type.String({ format: 'uuid' })),
    conference_id: nullable(Type.String({ format: 'uuid' })),
    status: Type.Enum(['speaking', 'ended']),
    max_duration: Type.Integer({ description: 'Seconds' }),
    start_time: Type.String({ format: 'date-time' }),
    end_time: nullable(Type.String({ format: 'date-time' })),
    end_reason: nullable(
      Type.Enum([...announcementEnds], {
        description:
          'stopped: by DELETE; replaced: the call plays something else or was connected; microphone_failed: end_detail has what the recorder program said',
      }),
    ),
    end_detail: nullable(Type.String()),
  },
  { 'x-name': 'Announcement' },
)
const idSchema = Type.Object({ announcement_id: Type.String() })
const notFound = { says: 'There is no such announcement' }

/** Anything that is not one of our ids is one that does not exist. */
function announcementId(text: string): AnnouncementId {
  if (!isUuid(text)) throw new Failure('not_found', 'there is no such announcement')
  return text as AnnouncementId
}

/** The call or the conference that is to hear it. */
function targetOf({ call_id, conference_id }: Static<typeof newAnnouncementSchema>) {
  if (conference_id !== undefined) {
    if (call_id !== undefined)
      throw new Failure('invalid_request', 'give call_id or conference_id, not both', 'call_id')
    if (isUuid(conference_id)) return { conferenceId: conference_id as ConferenceId }
    throw new Failure('not_found', 'there is no such conference', 'conference_id')
  }
  if (call_id === undefined) throw new Failure('missing_parameter', 'give call_id', 'call_id')
  if (!isUuid(call_id)) throw new Failure('not_found', 'there is no such call', 'call_id')
  return { callId: call_id as CallId }
}

function render({ id, callId, conferenceId, startedAtMs, maxDurationMs, ended }: Announcement) {
  return {
    id,
    source: 'microphone',
    call_id: callId,
    conference_id: conferenceId,
    status: ended === null ? 'speaking' : 'ended',
    max_duration: maxDurationMs / 1000,
    start_time: isoTime(startedAtMs),
    end_time: isoTime(ended?.atMs ?? null),
    end_reason: ended?.reason ?? null,
    end_detail: ended?.detail ?? null,
  }
}

const begin = route({
  method: 'POST',
  path: base,
  body: newAnnouncementSchema,
  operation: {
    id: 'beginAnnouncement',
    tag,
    summary: "Speak from the server's microphone into a call or a conference",
    description:
      "Begins it, and answers when the microphone is open. The phone of that call hears it in place of everything else: what was played is stopped, and whoever it is connected to is not heard meanwhile. It ends by DELETE, with the call, after max_duration, when something else is played into the call, or when the microphone fails; the events announcement.started and announcement.ended (reason, detail) of the call tell. Members of a conference hear it beside each other; its events are conference.announcement-started and -ended. The microphone is the operator's: only keys of the first account may use it.",
    replies: {
      201: { says: 'The microphone is open', schema: announcementSchema },
      403: { says: 'Not the first account' },
      404: { says: 'There is no such call or conference' },
      409: {
        says: 'Not answered yet, or nobody is in the conference yet (call_not_answered), over (call_ended, conference_ended), or another announcement is on (microphone_busy)',
      },
      503: {
        says: 'No recorder program is installed, or no microphone can be heard (microphone_unavailable): the message says which',
      },
    },
  },
  async run({ account, body }, { announcements }) {
    const announcement = await announcements.begin(account, {
      ...targetOf(body),
      maxDurationMs: (body.max_duration ?? 300) * 1000,
    })
    return {
      status: 201,
      headers: { location: `${base}/${announcement.id}` },
      body: render(announcement),
    }
  },
})

const get = route({
  method: 'GET',
  path: `${base}/:announcement_id`,
  params: idSchema,
  operation: {
    id: 'getAnnouncement',
    tag,
    summary: 'Get an announcement',
    description: 'Those that are over are known until a hundred others are, or a restart.',
    replies: { 200: { says: 'The announcement', schema: announcementSchema }, 404: notFound },
  },
  async run({ account, params }, { announcements }) {
    const id = announcementId(params.announcement_id)
    return { status: 200, body: render(announcements.get(account.id, id)) }
  },
})

const end = route({
  method: 'DELETE',
  path: `${base}/:announcement_id`,
  params: idSchema,
  operation: {
    id: 'endAnnouncement',
    tag,
    summary: 'End an announcement',
    description: 'The microphone is closed when this answers. One that is over stays as it is.',
    replies: { 204: { says: 'It is over' }, 404: notFound },
  },
  async run({ account, params }, { announcements }) {
    await announcements.end(account.id, announcementId(params.announcement_id))
    return { status: 204 }
  },
})

export const announcementRoutes: readonly Route[] = [begin, get, end]
