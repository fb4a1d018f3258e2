import type { Promised, Promises, Shape } from './promises.ts'

/** What the published Telefonie Voice API promises: its routes and fields, in the order of the document. */

const text: Shape = { type: 'string' }
const integer: Shape = { type: 'integer' }
const flag: Shape = { type: 'boolean' }
const time: Shape = { type: 'string', format: 'date-time' }
const oneOf = (...values: readonly string[]): Shape => ({ type: 'string', enum: values })
const listOf = (items: Shape): Shape => ({ type: 'array', items })
const object = (properties: Record<string, Shape>, required?: readonly string[]): Shape => {
  return { type: 'object', ...(required && { required }), properties }
}
const may = <T extends Shape>(shape: T) => ({ ...shape, mustBe: false })
const must = <T extends Shape>(shape: T) => ({ ...shape, mustBe: true })

const status = oneOf(
  ...['queued', 'ringing', 'in-progress', 'completed', 'failed', 'busy', 'no-answer', 'canceled'],
)
const direction = oneOf('inbound', 'outbound')
const conferenceStatus = oneOf('init', 'in-progress', 'completed')

const call: Shape = {
  name: 'Call',
  ...object(
    {
      ...{ id: text, status, direction, from: text, to: text, duration: integer },
      ...{ start_time: time, end_time: time, price: text, price_unit: text, recording_url: text },
    },
    ['id', 'status', 'direction', 'from', 'to'],
  ),
}
const conference: Shape = {
  name: 'Conference',
  ...object(
    {
      ...{ id: text, friendly_name: text, status: conferenceStatus, participant_count: integer },
      ...{ max_participants: integer, date_created: time },
    },
    ['id', 'status'],
  ),
}
const participant: Shape = {
  name: 'Participant',
  ...object({ call_id: text, conference_id: text, muted: flag, hold: flag, status: text }, [
    'call_id',
    'conference_id',
  ]),
}

const byCall = { 'path call_id': must(text) }
const byConference = { 'path conference_id': must(text) }
const ends = ['to', 'from'] as const

export const base = '/v1/voice'
export const security = { ApiKeyAuth: { type: 'apiKey', in: 'header', name: 'X-API-Key' } }

export const callPromises: Promises = {
  'GET /calls': {
    id: 'listCalls',
    parameters: {
      ...{ 'query status': may(status), 'query direction': may(direction) },
      ...{ 'query from': may(text), 'query to': may(text), 'query page': may(integer) },
      'query page_size': may({ ...integer, maximum: 100 }),
    },
    replies: {
      200: object({ calls: listOf(call), total: integer, page: integer, page_size: integer }),
    },
  },
  'POST /calls': {
    id: 'initiateCall',
    parameters: {},
    body: must(
      object(
        {
          ...{ to: text, from: text, url: text, method: oneOf('GET', 'POST') },
          ...{ status_callback: text, timeout: { ...integer, default: 30 }, record: flag },
        },
        ends,
      ),
    ),
    replies: { 201: call },
  },
  'GET /calls/{call_id}': {
    id: 'getCall',
    parameters: byCall,
    replies: { 200: call, 404: null },
  },
  'POST /calls/{call_id}': {
    id: 'updateCall',
    parameters: byCall,
    body: may(object({ status: oneOf('completed', 'canceled'), url: text, method: text })),
    replies: { 200: call },
  },
  'DELETE /calls/{call_id}': { id: 'endCall', parameters: byCall, replies: { 204: null } },
}

const newConference: Promised['body'] = may(
  object({
    ...{ friendly_name: text, max_participants: { ...integer, default: 250 } },
    ...{ record: flag, status_callback: text },
  }),
)

export const conferencePromises: Promises = {
  'GET /conferences': {
    id: 'listConferences',
    parameters: { 'query status': may(conferenceStatus) },
    replies: { 200: object({ conferences: listOf(conference) }) },
  },
  'POST /conferences': {
    id: 'createConference',
    parameters: {},
    body: newConference,
    replies: { 201: conference },
  },
  'GET /conferences/{conference_id}/participants': {
    id: 'listConferenceParticipants',
    parameters: byConference,
    replies: { 200: object({ participants: listOf(participant) }) },
  },
  'POST /conferences/{conference_id}/participants': {
    id: 'addConferenceParticipant',
    parameters: byConference,
    body: must(object({ to: text, from: text, muted: flag }, ends)),
    replies: { 201: participant },
  },
}
