import { Type } from 'typebox'
import {
  createWebhook,
  listWebhooks,
  removeWebhook,
  webhookOf,
} from '../../../app/directory/webhooks.ts'
import { callStatuses, isFinal } from '../../../core/call.ts'
import { Failure } from '../../../core/failures.ts'
import type { WebhookDelivery } from '../../../core/ports/store.ts'
import type { OutgoingRequest } from '../../../core/ports/web.ts'
import type { Webhook } from '../../../core/webhooks.ts'
import { type Route, route } from '../../dialect.ts'
import { renderLookup } from './render.ts'

/** By which the core knows whose webhooks these are. */
export const dialectId = 'telephony'

const tag = 'Webhooks'
const wanted = ['call.completed', 'call.status'] as const
type Wanted = (typeof wanted)[number]

const finalTypes = callStatuses.filter(isFinal).map((status) => `call.${status}`)
const statusTypes = ['call.queued', 'call.ringing', 'trigger.connected', ...finalTypes]

/** What the log has of it. */
const typesOf = (events: readonly Wanted[]): readonly string[] =>
  events.includes('call.status') ? statusTypes : finalTypes

const eventsSchema = Type.Array(Type.Enum([...wanted]), {
  ...{ minItems: 1, maxItems: 2, default: ['call.completed'] },
  description:
    '`call.completed`: once a call is over, whatever came of it; `call.status`: each status on the way',
})
const webhookSchema = Type.Object(
  { id: Type.String(), url: Type.String(), events: eventsSchema, enabled: Type.Boolean() },
  { 'x-name': 'TriggerCallWebhook' },
)
const newSchema = Type.Object(
  { url: Type.String({ maxLength: 2_048 }), events: Type.Optional(eventsSchema) },
  {
    'x-name': 'NewTriggerCallWebhook',
    examples: [{ url: 'https://crm.example.com/calls', events: ['call.completed'] }],
  },
)

function eventsOf({ options }: Pick<Webhook, 'options'>): readonly Wanted[] {
  const { events } = options as { events: readonly Wanted[] }
  return events
}

const render = (webhook: Webhook) => ({
  ...{ id: webhook.id, url: webhook.url, events: [...eventsOf(webhook)] },
  enabled: webhook.enabled,
})

const create = route({
  method: 'POST',
  path: '/api/webhooks',
  body: newSchema,
  needs: 'manage',
  operation: {
    id: 'createTriggerCallWebhook',
    tag,
    summary: 'Tell an address what becomes of calls',
    description:
      'By POST of compact JSON: event, callId, status, duration in seconds, cost, from_number (the agent), to_number (the lead), reason, metadata and timestamp. The header X-Telephony-Signature is the HMAC-SHA256 of the body with the secret, in hexadecimal digits. Repeated for 72 hours until it is answered with 2xx. Who wants both events is told the end as call.completed alone.',
    replies: {
      201: {
        says: 'Webhook created',
        schema: Type.Object({
          success: Type.Literal(true),
          webhook: webhookSchema,
          secret: Type.String({ description: 'Not shown again' }),
        }),
      },
    },
  },
  async run({ account, body }, { directory }) {
    const events = [...new Set(body.events ?? (['call.completed'] as const))]
    const { webhook, secret } = await createWebhook(directory, account.id, {
      ...{ url: body.url, events: typesOf(events), renderer: dialectId, options: { events } },
      ...{ triggeredOnly: true, description: null, enabled: true },
    })
    return { status: 201, body: { success: true, webhook: render(webhook), secret } }
  },
})

const list = route({
  method: 'GET',
  path: '/api/webhooks',
  operation: {
    id: 'listTriggerCallWebhooks',
    tag,
    summary: 'List webhooks',
    replies: {
      200: {
        says: 'Webhooks',
        schema: Type.Object({ success: Type.Literal(true), webhooks: Type.Array(webhookSchema) }),
      },
    },
  },
  async run({ account }, { directory }) {
    const webhooks = await listWebhooks(directory, account.id)
    const ours = webhooks.filter(({ renderer }) => renderer === dialectId)
    return { status: 200, body: { success: true, webhooks: ours.map(render) } }
  },
})

const remove = route({
  method: 'DELETE',
  path: '/api/webhooks/:webhookId',
  params: Type.Object({ webhookId: Type.String() }),
  needs: 'manage',
  operation: {
    id: 'deleteTriggerCallWebhook',
    tag,
    summary: 'Delete a webhook',
    replies: {
      200: { says: 'Webhook deleted', schema: Type.Object({ success: Type.Literal(true) }) },
    },
  },
  async run({ account, params }, { directory }) {
    const { renderer, id } = await webhookOf(directory, account.id, params.webhookId)
    if (renderer !== dialectId) throw new Failure('not_found', 'There is no such webhook')
    await removeWebhook(directory, account.id, id)
    return { status: 200, body: { success: true } }
  },
})

/** A call on its way, or over. JSON as `JSON.stringify` writes it: some check the signature over what they parsed. */
export function renderWebhook({
  url,
  event,
  call,
  legs,
  options,
}: WebhookDelivery): OutgoingRequest {
  const isOver = finalTypes.includes(event.type)
  const isWanted = eventsOf({ options }).includes('call.completed')
  const seen = call && renderLookup(call, legs, null, undefined)
  const body = {
    event: isOver && isWanted ? 'call.completed' : 'call.status',
    callId: seen?.callId ?? null,
    status: seen?.status ?? null,
    duration: seen?.duration ?? null,
    cost: seen?.cost ?? null,
    from_number: seen?.agentPhone ?? null,
    to_number: seen?.leadPhone ?? null,
    reason: seen?.reason ?? null,
    metadata: seen?.metadata ?? null,
    timestamp: new Date(event.atMs).toISOString(),
  }
  return {
    url,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(seen ? body : { event: event.type, timestamp: body.timestamp }),
    signature: { header: 'x-telephony-signature', over: 'body' },
  }
}

export const webhookRoutes: readonly Route[] = [create, list, remove]
