import type { Dialect } from '../../dialect.ts'
import { errorSchema, renderError } from './error.ts'
import { routes } from './routes.ts'

/** The trigger-call API: speed to lead in one request. */
export const telephony: Dialect = {
  id: 'telephony',
  bases: ['/api'],
  errorSchema,
  renderError,
  routes,
}
