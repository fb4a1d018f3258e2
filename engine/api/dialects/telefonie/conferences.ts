import type { ConferenceNow } from '../../../app/conferences/desk.ts'
import { type HttpMethod, type Route, route } from '../../dialect.ts'
import {
  conferenceChangeSchema,
  conferenceEventsSchema,
  conferenceIdSchema,
  conferenceListSchema,
  conferenceNowSchema,
  conferenceQuerySchema,
  conferenceSchema,
  newConferenceSchema,
} from './conference-schema.ts'
import {
  conferenceId,
  readConferenceChange,
  readNewConference,
  renderConference,
  renderLevel,
} from './conference-values.ts'
import { isoTime, snakeKeys } from './values.ts'

export const base = '/v1/voice/conferences'
const tag = 'Conferences'
const notFound = { says: 'There is no such conference' }

const list = route({
  method: 'GET',
  path: base,
  query: conferenceQuerySchema,
  operation: {
    id: 'listConferences',
    tag,
    summary: 'List Conferences',
    description:
      'Newest first: all that are not over and the last 100 that are, unless a page is asked for.',
    replies: { 200: { says: 'List of conferences', schema: conferenceListSchema } },
  },
  async run({ account, query }, { conferences }) {
    const { status, page, page_size } = query
    const isPaged = page !== undefined || page_size !== undefined
    const found = await conferences.list(account.id, {
      ...(status !== undefined && { status }),
      ...(isPaged && { page: page ?? 1, pageSize: page_size ?? 50 }),
    })
    const body = { conferences: found.conferences.map(renderConference), total: found.total }
    return { status: 200, body }
  },
})

const create = route({
  method: 'POST',
  path: base,
  body: newConferenceSchema,
  bodyIsOptional: true,
  operation: {
    id: 'createConference',
    tag,
    summary: 'Create Conference',
    description:
      'It waits for members for 24 hours, goes on from the first one that is connected, and is over when the last one has left. `status_callback` is told all its events (the README lists them), each as `{"event","sequence","at","conference","participant","data"}`, where participant is null when it is about the conference as a whole.',
    replies: {
      201: { says: 'Conference created', schema: conferenceSchema },
      429: { says: 'The account has as many as it may have (limit_reached)' },
    },
  },
  async run({ account, body }, { conferences }) {
    const record = await conferences.create(account, readNewConference(body))
    const fresh: ConferenceNow = {
      ...{ record, participantCount: 0, activeSpeaker: null },
      ...{ recordingId: null, recordingMode: null },
    }
    return {
      status: 201,
      headers: { location: `${base}/${record.id}` },
      body: renderConference(fresh),
    }
  },
})

const get = route({
  method: 'GET',
  path: `${base}/:conference_id`,
  params: conferenceIdSchema,
  operation: {
    id: 'getConference',
    tag,
    summary: 'Get a conference, and how loud its members are now',
    description: 'To follow levels as they change: WebSocket /v1/voice/ws, command `follow`.',
    replies: { 200: { says: 'The conference', schema: conferenceNowSchema }, 404: notFound },
  },
  async run({ account, params }, { conferences }) {
    const id = conferenceId(params.conference_id)
    const now = await conferences.get(account.id, id)
    const isOn = now.record.status === 'in-progress'
    const levels = isOn ? await conferences.levels(account.id, id) : []
    return { status: 200, body: { ...renderConference(now), levels: levels.map(renderLevel) } }
  },
})

/** POST as for calls, and PATCH for those who expect it. */
const update = (method: HttpMethod, id: string) =>
  route({
    method,
    path: `${base}/:conference_id`,
    params: conferenceIdSchema,
    body: conferenceChangeSchema,
    operation: {
      id,
      tag,
      summary: 'Change a conference, or end it',
      description: 'Fields that are not given stay; null takes one away.',
      replies: {
        200: { says: 'Conference changed', schema: conferenceSchema },
        400: { says: 'Nothing to change, or a value that it can not have' },
        404: notFound,
        409: { says: 'It is over (conference_ended)' },
      },
    },
    async run({ account, params, body }, { conferences }) {
      const conference = conferenceId(params.conference_id)
      const change = readConferenceChange(body)
      const now = await (change === 'end'
        ? conferences.end(account.id, conference)
        : conferences.change(account.id, conference, change))
      return { status: 200, body: renderConference(now) }
    },
  })

const end = route({
  method: 'DELETE',
  path: `${base}/:conference_id`,
  params: conferenceIdSchema,
  operation: {
    id: 'endConference',
    tag,
    summary: 'End a conference',
    description: 'Everybody is hung up. One that is over stays as it is.',
    replies: { 204: { says: 'It is over' }, 404: notFound },
  },
  async run({ account, params }, { conferences }) {
    await conferences.end(account.id, conferenceId(params.conference_id))
    return { status: 204 }
  },
})

const events = route({
  method: 'GET',
  path: `${base}/:conference_id/events`,
  params: conferenceIdSchema,
  operation: {
    id: 'getConferenceEvents',
    tag,
    summary: 'What happened in a conference',
    description: 'What is kept of it, in order.',
    replies: { 200: { says: 'Events', schema: conferenceEventsSchema }, 404: notFound },
  },
  async run({ account, params }, { conferences }) {
    const log = await conferences.eventsOf(account.id, conferenceId(params.conference_id))
    return {
      status: 200,
      body: {
        events: log.map(({ sequence, type, conferenceId: conference_id, atMs, data }) => {
          return { sequence, type, conference_id, at: isoTime(atMs), data: snakeKeys(data) }
        }),
      },
    }
  },
})

export const conferenceRoutes: readonly Route[] = [
  list,
  create,
  get,
  update('POST', 'updateConference'),
  update('PATCH', 'patchConference'),
  end,
  events,
]
