import type { Dialect, Route } from '../../dialect.ts'
import { auth } from './auth.ts'
import { callRoute } from './calls.ts'
import { devices } from './devices.ts'
import { errorSchema, renderError, statusOf } from './error.ts'
import { renderMail, renderNotice } from './notify-render.ts'
import { dialectId, notifyRoutes } from './notify-routes.ts'
import { numberForm } from './number-form.ts'
import { forSessions } from './session.ts'
import { speedDialRoutes } from './speed-dials.ts'
import { voicemails } from './voicemails.ts'

export interface FoneNumberOptions {
  /** Where calls are sent: the API's document does not say. */
  readonly callPath: string
  /** The short codes of emergency services may be speed dials of an account; else they are refused. */
  readonly emergencySpeedDials: boolean
}

/**
 * The FoneNumber API: calls from a number of the account to somebody, connected to a service. Throws an
 * Error for the operator when `callPath` belongs to another of its routes.
 */
export function foneNumber({ callPath, emergencySpeedDials }: FoneNumberOptions): Dialect {
  const emergency = { mayBeSpeedDials: emergencySpeedDials }
  const others = [devices, voicemails, ...speedDialRoutes(emergency), ...notifyRoutes]
  const routes: Route[] = [auth, ...others.map(forSessions)]
  if (routes.some(({ path }) => path === callPath)) {
    throw new Error(`RINGDOWN_FONENUMBER_CALL_PATH: ${callPath} is the path of another request`)
  }
  return {
    id: dialectId,
    title: 'FoneNumber',
    description:
      'Calls somebody from one of your numbers and, once they answer, connects them to a device, a number, a voicemail box, a sound file or spoken text.',
    credentials: { places: ['token', 'bearer'], kinds: ['key', 'token'] },
    bases: ['/v2'],
    bodies: [numberForm],
    requestsPerSecond: 10,
    errorSchema,
    renderError,
    statusOf,
    renderNotice,
    renderMail,
    routes: [forSessions(callRoute(callPath, emergency)), ...routes],
  }
}
