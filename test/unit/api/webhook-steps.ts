const base = '/v1/voice/webhooks'
const webhook = `${base}/<createWebhook>`
const delivery = `${base}/deliveries/<testWebhook>`
const url = 'https://app.example/voice'

/** A good request for each operation about webhooks and the default application. */
export const webhookSteps: readonly (readonly [string, string, object?])[] = [
  ['createWebhook', `POST ${base}`, { url, events: ['call.*'] }],
  ['listWebhooks', `GET ${base}`],
  ['getWebhook', `GET ${webhook}`],
  ['updateWebhook', `PATCH ${webhook}`, { description: 'CRM' }],
  ['testWebhook', `POST ${webhook}/test`],
  ['listWebhookDeliveries', `GET ${base}/deliveries?webhook_id=<createWebhook>`],
  ['getWebhookDelivery', `GET ${delivery}`],
  ['updateWebhook', `PATCH ${webhook}`, { enabled: false }],
  ['updateWebhook', `PATCH ${webhook}`, { enabled: true }],
  ['redeliverDeadWebhooks', `POST ${base}/redeliver`, { host: 'app.example' }],
  ['redeliverWebhook', `POST ${delivery}/redeliver`],
  ['rotateWebhookSecret', `POST ${webhook}/rotate-secret`, { overlap_seconds: 60 }],
  ['getWebhookSecret', `GET ${webhook}/secret`],
  ['deleteWebhook', `DELETE ${webhook}`],
  ['rotateSigningSecret', `POST ${base}/secret/rotate`],
  ['getSigningSecret', `GET ${base}/secret`],
  ['setApplication', 'PUT /v1/voice/application', { url, url_format: 'form', fallback_url: url }],
  ['getApplication', 'GET /v1/voice/application'],
  ['deleteApplication', 'DELETE /v1/voice/application'],
  ['getVerbsSchema', 'GET /v1/voice/verbs.schema.json'],
]

/** The same of calls that were triggered. */
export const triggerWebhookSteps: readonly (readonly [string, string, object?])[] = [
  ['createTriggerCallWebhook', 'POST /api/webhooks', { url, events: ['call.completed'] }],
  ['listTriggerCallWebhooks', 'GET /api/webhooks'],
  ['deleteTriggerCallWebhook', 'DELETE /api/webhooks/<createTriggerCallWebhook>'],
]
