import { Type } from 'typebox'
import type { ConferenceNews } from '../../../app/conferences/desk.ts'
import type { QueueNews } from '../../../app/queues/desk.ts'
import type { QueueId } from '../../../core/ids.ts'
import { newsFeed } from '../../dialect.ts'
import { conferenceId, renderConference, renderLevel } from './conference-values.ts'
import { readCallId, readPatterns, textOfEvent } from './event-values.ts'
import { renderParticipant } from './participant-values.ts'
import { queueId, renderMember, renderQueue } from './queue-values.ts'

const closed = { additionalProperties: false }

/** What can be followed at the WebSocket: a conference, for as long as it is live, a queue, and the account's log. */
export const news = newsFeed({
  params: Type.Union([
    Type.Object({ conference_id: Type.String() }, closed),
    Type.Object({ queue_id: Type.String() }, closed),
    Type.Object(
      {
        events: Type.Object(
          {
            after: Type.Optional(
              Type.Union([Type.Integer({ minimum: 0 }), Type.Literal('now')], { default: 'now' }),
            ),
            types: Type.Optional(Type.Array(Type.String(), { minItems: 1 })),
            call_id: Type.Optional(Type.String()),
          },
          closed,
        ),
      },
      closed,
    ),
  ]),
  async begin({ account, params }, { conferences, queues, eventFeeds }, { tell, end, pace }) {
    if ('queue_id' in params) {
      const id = queueId(params.queue_id)
      return queues.follow(account.id, id, {
        tell: (now) => tell(now.is, renderQueueNews(id, now)),
        end,
      })
    }
    if ('events' in params) {
      return eventFeeds.follow(
        { account: account.id, ...readFollow(params.events) },
        {
          isFull: pace.isFull,
          event: (event) => pace.tellText('event', textOfEvent(event)),
          gone: (upTo) => pace.tellText('gone', JSON.stringify({ gone_to: upTo })),
          live: (after) => pace.tellText('live', JSON.stringify({ after })),
          end,
        },
      )
    }
    return conferences.follow(account.id, conferenceId(params.conference_id), {
      tell: (news) => tell(news.is, renderNews(news)),
      end,
    })
  },
})

interface FollowedEvents {
  readonly after?: number | 'now'
  readonly types?: readonly string[]
  readonly call_id?: string
}

const readFollow = ({ after = 'now', types, call_id }: FollowedEvents) => ({
  after,
  ...(types && { types: readPatterns(types, 'params.events.types') }),
  ...(call_id !== undefined && { callId: readCallId(call_id, 'params.events.call_id') }),
})

const renderQueueNews = (id: QueueId, now: QueueNews): unknown =>
  now.is === 'deleted'
    ? {}
    : {
        queue: renderQueue(now.queue),
        members: now.waiting.map((one) => renderMember(id, one)),
      }

function renderNews(news: ConferenceNews): unknown {
  switch (news.is) {
    case 'all':
      return {
        conference: renderConference(news.conference),
        participants: news.participants.map(renderParticipant),
      }
    case 'conference':
      return { conference: renderConference(news.conference) }
    case 'participants':
      return { participants: news.participants.map(renderParticipant) }
    case 'gone':
      return { call_ids: news.callIds }
    case 'levels':
      return { levels: news.levels.map(renderLevel) }
    case 'ended':
      return {}
  }
}
