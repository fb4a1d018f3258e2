import type { Dialect } from '../../dialect.ts'
import { accountRoutes } from './accounts.ts'
import { announcementRoutes } from './announcements.ts'
import { applicationRoutes } from './application.ts'
import { balanceRoutes } from './balance.ts'
import { banRoutes } from './bans.ts'
import { callActionRoutes } from './call-actions.ts'
import { callControlRoutes } from './call-control.ts'
import { callParkingRoutes } from './call-parking.ts'
import { callStreamRoutes } from './call-streams.ts'
import { callRoutes } from './calls.ts'
import { cdrRoutes } from './cdrs.ts'
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
import { keyRoutes } from './keys.ts'
import { ledgerRoutes } from './ledger.ts'
import { limitRoutes } from './limits.ts'
import { messageRoutes } from './messages.ts'
import { news } from './news.ts'
import { numberRoutes } from './numbers.ts'
import { ownAccountRoutes } from './own-account.ts'
import { promptRoutes } from './prompts.ts'
import { queueAgentRoutes } from './queue-agents.ts'
import { queueMemberRoutes } from './queue-members.ts'
import { queueRoutes } from './queues.ts'
import { rateRoutes } from './rates.ts'
import { recordingRoutes } from './recordings.ts'
import { renderBoxCallback, renderCallback, renderConferenceCallback } from './render-event.ts'
import { rerateRoutes } from './rerate.ts'
import { sessionRoutes } from './sessions.ts'
import { sipLadderRoutes } from './sip-ladder.ts'
import { statementRoutes } from './statements.ts'
import { takeoverRoutes } from './takeovers.ts'
import { trunkRoutes } from './trunks.ts'
import { recordingMediaPath, recordingPath } from './values.ts'
import { verbSchemaRoutes } from './verb-schema-route.ts'
import { voicemailBoxRoutes } from './voicemail-boxes.ts'
import { voicemailMessageRoutes } from './voicemail-messages.ts'
import { voicemailRoutes } from './voicemails.ts'
import { voiceRoutes } from './voices.ts'
import { webhookDeliveryRoutes } from './webhook-deliveries.ts'
import { dialectId, renderWebhookDelivery } from './webhook-values.ts'
import { webhookRoutes } from './webhooks.ts'

/** The native API: the Telefonie Voice API, extended with what it lacks. */
export const telefonie: Dialect = {
  id: dialectId,
  title: 'Voice API',
  description:
    'Make and receive phone calls and conferences, control them, record them; and the devices, numbers and trunks that this needs. At the WebSocket /v1/voice/ws every route that answers with JSON can be asked too, by the id of its operation: `{"id": 7, "do": "updateConferenceParticipant", "params": {...}, "query": {...}, "body": {...}}` is answered `{"id": 7, "ok": true, "status": 200, "result": {...}}` or `{"id": 7, "ok": false, "status": 404, "error": {...}}`. `{"id": 8, "do": "follow", "params": {"conference_id": "..."}}` brings what happens in a conference, and levels, as `{"follow": 8, "event": "levels", "data": {...}}`; with `queue_id` a queue, its figures, its agents and the first 100 who wait, twice a second at most, as `queue`; `{"id": 9, "do": "follow", "params": {"events": {"after": 4711, "types": ["call.*"], "call_id": "..."}}}` brings the log of the account, first what has been after that number (`"now"`, or nothing, for what happens from now on), then `live`, then what happens: each as `event`, none left out and none twice, at the pace of the reader. After a break follow again from the last `sequence`. `gone` with `gone_to` tells that events up to that number are not kept any more. The key stands in a header, or in the first message: `{"id": 1, "do": "authenticate", "params": {"api_key": "..."}}`. `idempotency_key` beside `do` is as the header Idempotency-Key. The WebSocket /v1/voice/calls/{call_id}/media carries the audio of a call both ways, `format` L16, PCMU or opus, with JSON texts for marks, clear and keys; the README has its messages.',
  credentials: { places: ['x-api-key', 'bearer'], kinds: ['key', 'device'], sessions: true },
  bases: ['/v1'],
  errorSchema,
  renderError,
  renderCallback,
  renderConferenceCallback,
  renderBoxCallback,
  renderWebhook: renderWebhookDelivery,
  socket: { path: '/v1/voice/ws', mediaPath: '/v1/voice/calls/:call_id/media', news },
  recordingPath: recordingMediaPath,
  transcriptPath: recordingPath,
  routes: [
    ...callRoutes,
    ...callControlRoutes,
    ...callActionRoutes,
    ...callParkingRoutes,
    ...callStreamRoutes,
    ...conferenceRoutes,
    ...conferenceParticipantRoutes,
    ...conferenceSoundRoutes,
    ...queueRoutes,
    ...queueMemberRoutes,
    ...queueAgentRoutes,
    ...announcementRoutes,
    ...promptRoutes,
    ...voiceRoutes,
    ...sipLadderRoutes,
    ...recordingRoutes,
    ...deviceRoutes,
    ...deviceTokenRoutes,
    ...devicePageRoutes,
    ...deviceFeedRoutes,
    ...voicemailRoutes,
    ...voicemailBoxRoutes,
    ...voicemailMessageRoutes,
    ...takeoverRoutes,
    ...messageRoutes,
    ...numberRoutes,
    ...trunkRoutes,
    ...banRoutes,
    ...explainRoutes,
    ...limitRoutes,
    ...rateRoutes,
    ...balanceRoutes,
    ...ledgerRoutes,
    ...statementRoutes,
    ...rerateRoutes,
    ...cdrRoutes,
    ...ownAccountRoutes,
    ...accountRoutes,
    ...keyRoutes,
    ...sessionRoutes,
    ...applicationRoutes,
    ...verbSchemaRoutes,
    ...eventRoutes,
    ...webhookRoutes,
    ...webhookDeliveryRoutes,
  ],
}
