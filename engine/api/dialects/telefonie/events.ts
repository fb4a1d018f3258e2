import { Type } from 'typebox'
import { CursorAhead, Failure } from '../../../core/failures.ts'
import type { AccountId } from '../../../core/ids.ts'
import type { EventQuery } from '../../../core/ports/webhooks.ts'
import { type EventsReply, type Route, route } from '../../dialect.ts'
import type { Services } from '../../services.ts'
import { eventSchema, readCallId, readPatterns, renderLogged } from './event-values.ts'

const pageSchema = Type.Object({
  events: Type.Array(eventSchema),
  next_after: Type.Integer({
    description:
      'The `after` to ask with next; it grows also where no event fitted, so that a search goes on',
  }),
  has_more: Type.Boolean({ description: 'False: there was nothing more when it was read' }),
  gone_to: Type.Integer({
    description:
      'Events with numbers up to this may not be kept any more; 0: all are. Whoever has read less far has missed something',
  }),
})

const query = Type.Object(
  {
    after: Type.Optional(Type.Integer({ minimum: 0, description: 'Greater numbers only' })),
    before: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: 'Smaller numbers only; without `after` the last ones before it',
      }),
    ),
    types: Type.Optional(
      Type.String({
        maxLength: 2_000,
        description: 'Types, separated by commas; `call.*` for all that begin so',
        examples: ['call.completed,participant.*'],
      }),
    ),
    call_id: Type.Optional(Type.String({ description: 'Events of one call' })),
    page_size: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
  },
  { additionalProperties: false },
)

interface Asked {
  readonly after?: number
  readonly before?: number
  readonly types?: string
  readonly call_id?: string
  readonly page_size?: number
}

function readQuery({ after, before, types, call_id, page_size }: Asked): EventQuery {
  return {
    ...(after !== undefined && { after }),
    ...(before !== undefined && { before }),
    ...(types !== undefined && { types: readPatterns(types.split(','), 'types') }),
    ...(call_id !== undefined && { callId: readCallId(call_id, 'call_id') }),
    limit: page_size ?? 100,
  }
}

const list = route({
  method: 'GET',
  path: '/v1/voice/events',
  query,
  operation: {
    id: 'listEvents',
    tag: 'Events',
    summary: 'What happened, in order',
    description:
      'The log of the account: its calls, conferences, queues, devices, messages and money, and for the first account the trunks. Ask again with `next_after` as `after`. Asked with `Accept: text/event-stream` it is endless: what has been after `after`, or after the number in `Last-Event-ID`, and then what happens, each as an event `event` whose id is its number; without either what happens from now on. `live` tells that the past is over, `gone` with `gone_to` that events up to that number are not kept any more. How long they are kept: see RINGDOWN_EVENT_DAYS; of what is no call’s the newest 100,000. An `after` (or `Last-Event-ID`) beyond the end of the log, as after a restore of a backup, is answered with 409 `cursor_ahead`, `last` being the number it ends at: read from a number on up to which both logs are the same, such as the end of the backup, or from 0.',
    alsoProduces: ['text/event-stream'],
    replies: {
      200: { says: 'Events', schema: pageSchema },
      409: { says: 'The log ends before `after`: `cursor_ahead`' },
    },
  },
  async run({ account, query: asked, accept, lastEventId }, services) {
    const read = readQuery(asked)
    if (accept.includes('text/event-stream')) {
      if (read.before !== undefined)
        throw new Failure('invalid_request', 'A stream has no end: leave out before', 'before')
      const after = /^\d{1,15}$/.test(lastEventId) ? Number(lastEventId) : read.after
      await requireWithin(account.id, after, services)
      return stream(account.id, { ...read, ...(after !== undefined && { after }) }, services)
    }
    await requireWithin(account.id, read.after, services)
    const page = await services.directory.store.events.page(account.id, read)
    return {
      status: 200,
      body: {
        events: page.events.map(renderLogged),
        ...{ next_after: page.next, has_more: page.hasMore, gone_to: page.goneTo },
      },
    }
  },
})

async function requireWithin(
  account: AccountId,
  after: number | undefined,
  { directory }: Services,
): Promise<void> {
  if (after === undefined) return
  const last = await directory.store.events.last(account)
  if (after > last) throw new CursorAhead(after, last, 'after')
}

function stream(
  account: AccountId,
  { types, callId, after = 'now' }: Omit<EventQuery, 'after'> & { after?: number | 'now' },
  { eventFeeds }: Services,
): EventsReply {
  const filter = { ...(types && { types }), ...(callId && { callId }) }
  return {
    follow: (send, end, { isFull }) =>
      eventFeeds.follow(
        { account, after, ...filter },
        {
          isFull,
          end,
          event: (event) => send({ name: 'event', id: event.sequence, data: renderLogged(event) }),
          gone: (upTo) => send({ name: 'gone', data: { gone_to: upTo } }),
          live: (id) => send({ name: 'live', id, data: { after: id } }),
        },
      ),
  }
}

export const eventRoutes: readonly Route[] = [list]
