import { Type } from 'typebox'
import { eventsAfter } from '../../../app/directory/events.ts'
import { type Route, route } from '../../dialect.ts'
import { isoTime, snakeKeys } from './values.ts'

const eventSchema = Type.Object(
  {
    sequence: Type.Integer({
      description: 'Grows by one. Numbers are not used again; old events outside calls may be gone',
    }),
    type: Type.String({ examples: ['call.ringing', 'device.registered'] }),
    call_id: Type.Union([Type.String({ format: 'uuid' }), Type.Null()]),
    conference_id: Type.Union([Type.String({ format: 'uuid' }), Type.Null()]),
    at: Type.String({ format: 'date-time' }),
    data: Type.Object({}, { additionalProperties: true }),
  },
  { 'x-name': 'Event' },
)

const list = route({
  method: 'GET',
  path: '/v1/voice/events',
  query: Type.Object(
    {
      after: Type.Optional(Type.Integer({ minimum: 0, default: 0 })),
      page_size: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
    },
    { additionalProperties: false },
  ),
  operation: {
    id: 'listEvents',
    tag: 'Events',
    summary: 'What happened, in order',
    description:
      'The log of the account: its calls, conferences, devices and messages, and for the first account the trunks. Of what is no call’s the newest 100,000 are kept. Ask again with the last `sequence` as `after`.',
    replies: {
      200: { says: 'Events', schema: Type.Object({ events: Type.Array(eventSchema) }) },
    },
  },
  async run({ account, query }, { directory }) {
    const events = await eventsAfter(
      directory,
      account.id,
      query.after ?? 0,
      query.page_size ?? 100,
    )
    return {
      status: 200,
      body: {
        events: events.map(({ sequence, type, callId, conferenceId, atMs, data }) => ({
          ...{ sequence, type, call_id: callId, conference_id: conferenceId ?? null },
          ...{ at: isoTime(atMs), data: snakeKeys(data) },
        })),
      },
    }
  },
})

export const eventRoutes: readonly Route[] = [list]
