import type { Dialect } from '../../dialect.ts'
import { announcementRoutes } from './announcements.ts'
import { banRoutes } from './bans.ts'
import { callControlRoutes } from './call-control.ts'
import { callRoutes } from './calls.ts'
import { conferenceParticipantRoutes } from './conference-participants.ts'
import { conferenceSoundRoutes } from './conference-sounds.ts'
import { conferenceRoutes } from './conferences.ts'
import { deviceFeedRoutes } from './device-feed.ts'
import { devicePageRoutes } from './device-page.ts'
import { deviceTokenRoutes } from './device-tokens.ts'
import { deviceRoutes } from './devices.ts'
import { errorSchema, renderError } from './error.ts'
import { eventRoutes } from './events.ts'
import { explainRoutes } from './explain-route.ts'
import { limitRoutes } from './limits.ts'
import { messageRoutes } from './messages.ts'
import { conferenceNews } from './news.ts'
import { numberRoutes } from './numbers.ts'
import { recordingRoutes } from './recordings.ts'
import { renderCallback, renderConferenceCallback } from './render-event.ts'
import { sipLadderRoutes } from './sip-ladder.ts'
import { takeoverRoutes } from './takeovers.ts'
import { trunkRoutes } from './trunks.ts'
import { recordingMediaPath } from './values.ts'
import { voicemailRoutes } from './voicemails.ts'

/** The native API: the Telefonie Voice API, extended with what it lacks. */
export const telefonie: Dialect = {
  id: 'telefonie',
  title: 'Voice API',
  description:
    'Make and receive phone calls and conferences, control them, record them; and the devices, numbers and trunks that this needs. At the WebSocket /v1/voice/ws every route that answers with JSON can be asked too, by the id of its operation: `{"id": 7, "do": "updateConferenceParticipant", "params": {...}, "query": {...}, "body": {...}}` is answered `{"id": 7, "ok": true, "status": 200, "result": {...}}` or `{"id": 7, "ok": false, "status": 404, "error": {...}}`. `{"id": 8, "do": "follow", "params": {"conference_id": "..."}}` brings what happens in a conference, and levels, as `{"follow": 8, "event": "levels", "data": {...}}`. The key stands in a header, or in the first message: `{"id": 1, "do": "authenticate", "params": {"api_key": "..."}}`.',
  credentials: { places: ['x-api-key', 'bearer'], kinds: ['key', 'device'] },
  bases: ['/v1'],
  errorSchema,
  renderError,
  renderCallback,
  renderConferenceCallback,
  socket: { path: '/v1/voice/ws', news: conferenceNews },
  recordingPath: recordingMediaPath,
  routes: [
    ...callRoutes,
    ...callControlRoutes,
    ...conferenceRoutes,
    ...conferenceParticipantRoutes,
    ...conferenceSoundRoutes,
    ...announcementRoutes,
    ...sipLadderRoutes,
    ...recordingRoutes,
    ...deviceRoutes,
    ...deviceTokenRoutes,
    ...devicePageRoutes,
    ...deviceFeedRoutes,
    ...voicemailRoutes,
    ...takeoverRoutes,
    ...messageRoutes,
    ...numberRoutes,
    ...trunkRoutes,
    ...banRoutes,
    ...explainRoutes,
    ...limitRoutes,
    ...eventRoutes,
  ],
}
