import type { Dialect } from '../../dialect.ts'
import { errorSchema, renderError } from './error.ts'
import { routes } from './routes.ts'
import { dialectId, renderWebhook, webhookRoutes } from './webhooks.ts'

/** The trigger-call API: speed to lead in one request. */
export const telephony: Dialect = {
  id: dialectId,
  title: 'Trigger call',
  description:
    'Speed to lead in one request: calls the agent, says who the lead is, and on key 1 calls the lead and connects the two.',
  credentials: { places: ['bearer', 'x-api-key'], kinds: ['key'] },
  bases: ['/api'],
  errorSchema,
  renderError,
  renderWebhook,
  routes: [...routes, ...webhookRoutes],
}
