import { Type } from 'typebox'
import type { ConferenceNews } from '../../../app/conferences/desk.ts'
import { newsFeed } from '../../dialect.ts'
import { conferenceId, renderConference, renderLevel } from './conference-values.ts'
import { renderParticipant } from './participant-values.ts'

/** What can be followed at the WebSocket: a conference, for as long as it is live. */
export const conferenceNews = newsFeed({
  params: Type.Object({ conference_id: Type.String() }, { additionalProperties: false }),
  begin({ account, params }, { conferences }, { tell, end }) {
    return conferences.follow(account.id, conferenceId(params.conference_id), {
      tell: (news) => tell(news.is, renderNews(news)),
      end,
    })
  },
})

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
