import type { Dialect } from '../../dialect.ts'
import { announcementRoutes } from './announcements.ts'
import { banRoutes } from './bans.ts'
import { callControlRoutes } from './call-control.ts'
import { callRoutes } from './calls.ts'
import { deviceFeedRoutes } from './device-feed.ts'
import { devicePageRoutes } from './device-page.ts'
import { deviceTokenRoutes } from './device-tokens.ts'
import { deviceRoutes } from './devices.ts'
import { errorSchema, renderError } from './error.ts'
import { eventRoutes } from './events.ts'
import { explainRoutes } from './explain-route.ts'
import { limitRoutes } from './limits.ts'
import { messageRoutes } from './messages.ts'
import { numberRoutes } from './numbers.ts'
import { recordingRoutes } from './recordings.ts'
import { renderCallback } from './render-event.ts'
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
    'Make and receive phone calls, control them, record them; and the devices, numbers and trunks that this needs.',
  credentials: { places: ['x-api-key', 'bearer'], kinds: ['key', 'device'] },
  bases: ['/v1'],
  errorSchema,
  renderError,
  renderCallback,
  recordingPath: recordingMediaPath,
  routes: [
    ...callRoutes,
    ...callControlRoutes,
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
