import type { Dialect } from '../../dialect.ts'
import { errorSchema, renderError, statusOf } from './error.ts'
import { readLenientJson } from './lenient-json.ts'
import { routes } from './routes.ts'

/** The Voice2Phone Outbound Call API. */
export const voice2phone: Dialect = {
  id: 'voice2phone',
  title: 'Voice2Phone',
  description:
    'Calls one phone, speaks a message and answers to a key. Names are in PascalCase; keys of the body may stand without quotes, and fields that are not known are ignored.',
  credentials: { places: ['basic-user', 'bearer', 'raw'], kinds: ['key'] },
  bases: ['/call'],
  bodies: [{ type: 'application/json', read: readLenientJson }],
  needsHttps: true,
  errorSchema,
  renderError,
  statusOf,
  routes,
}
