import type { Dialect, Route } from '../../dialect.ts'
import { errorSchema, renderError, statusOf } from './error.ts'

export interface FoneNumberOptions {
  /** Where calls are sent: its document does not say. */
  readonly callPath: string
}

/** The FoneNumber API: calls from a number of the account to somebody, connected to a service. */
export function foneNumber(_options: FoneNumberOptions): Dialect {
  const routes: Route[] = []
  return {
    id: 'fonenumber',
    title: 'FoneNumber',
    description:
      'Calls somebody from one of your numbers and, once they answer, connects them to a device, a number, a sound file or spoken text.',
    credentials: { places: ['token', 'bearer'], kinds: ['key', 'token'] },
    bases: ['/v2'],
    requestsPerSecond: 10,
    errorSchema,
    renderError,
    statusOf,
    routes,
  }
}
