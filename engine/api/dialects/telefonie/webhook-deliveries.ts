import { Type } from 'typebox'
import { webhookOf } from '../../../app/directory/webhooks.ts'
import { Failure } from '../../../core/failures.ts'
import type { WebhookId } from '../../../core/ids.ts'
import { deliveryStates } from '../../../core/ports/webhooks.ts'
import { type Route, route } from '../../dialect.ts'
import { readCallId } from './event-values.ts'
import { deliverySchema, renderDelivery } from './webhook-values.ts'

const base = '/v1/voice/webhooks'
const tag = 'Webhooks'

const listSchema = Type.Object({
  deliveries: Type.Array(deliverySchema),
  next_before: Type.Union([Type.Integer(), Type.Null()], {
    description: 'The `before` to ask with for older ones; null: there are none',
  }),
})

const list = route({
  method: 'GET',
  path: `${base}/deliveries`,
  query: Type.Object(
    {
      status: Type.Optional(Type.Enum([...deliveryStates])),
      call_id: Type.Optional(Type.String()),
      webhook_id: Type.Optional(Type.String()),
      before: Type.Optional(Type.Integer({ minimum: 1, description: 'Smaller ids only' })),
      page_size: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
    },
    { additionalProperties: false },
  ),
  operation: {
    id: 'listWebhookDeliveries',
    tag,
    summary: 'What was sent, is to be sent, or was given up',
    description:
      'Newest first: webhooks, status callbacks, and what other APIs have asked for. The newest 1,000 that were delivered are kept, dead ones as long as events (RINGDOWN_EVENT_DAYS).',
    replies: { 200: { says: 'Deliveries', schema: listSchema } },
  },
  async run({ account, query }, { directory }) {
    const { status, call_id, webhook_id, before, page_size: limit = 50 } = query
    const webhook =
      webhook_id === undefined ? undefined : await webhookOf(directory, account.id, webhook_id)
    const found = await directory.store.deliveries.list(account.id, {
      ...(status && { state: status }),
      ...(call_id !== undefined && { callId: readCallId(call_id, 'call_id') }),
      ...(webhook && { webhookId: webhook.id }),
      ...(before !== undefined && { before }),
      limit,
    })
    const next_before = found.length === limit ? (found.at(-1)?.id ?? null) : null
    return { status: 200, body: { deliveries: found.map(renderDelivery), next_before } }
  },
})

const idSchema = Type.Object({ delivery_id: Type.String() })
const noSuch = () => new Failure('not_found', 'There is no such delivery')

function readId(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text)
  throw noSuch()
}

const get = route({
  method: 'GET',
  path: `${base}/deliveries/:delivery_id`,
  params: idSchema,
  operation: {
    id: 'getWebhookDelivery',
    tag,
    summary: 'What came of a delivery',
    replies: { 200: { says: 'The delivery', schema: deliverySchema } },
  },
  async run({ account, params }, { directory }) {
    const found = await directory.store.deliveries.get(account.id, readId(params.delivery_id))
    if (found === undefined) throw noSuch()
    return { status: 200, body: renderDelivery(found) }
  },
})

const redeliver = route({
  method: 'POST',
  needs: 'manage',
  path: `${base}/deliveries/:delivery_id/redeliver`,
  params: idSchema,
  operation: {
    id: 'redeliverWebhook',
    tag,
    summary: 'Send a delivery again',
    description:
      'One that was given up, or delivered, is tried anew for 72 hours. It goes to where its webhook is now, before younger open ones of the same call.',
    replies: { 202: { says: 'To be sent', schema: deliverySchema } },
  },
  async run({ account, params }, { directory }) {
    const id = readId(params.delivery_id)
    const again = await directory.store.deliveries.redeliver(account.id, id)
    return { status: 202, body: renderDelivery(again) }
  },
})

const allSchema = Type.Object(
  {
    host: Type.Optional(
      Type.String({
        maxLength: 300,
        description: 'Host of the addresses, at any port, or with its port: at that alone',
      }),
    ),
    webhook_id: Type.Optional(Type.String()),
  },
  {
    ...{ additionalProperties: false, 'x-name': 'RedeliverDead' },
    examples: [{ host: 'app.example.com' }],
  },
)

const redeliverDead = route({
  method: 'POST',
  needs: 'manage',
  path: `${base}/redeliver`,
  body: allSchema,
  bodyIsOptional: true,
  operation: {
    id: 'redeliverDeadWebhooks',
    tag,
    summary: 'Send again what was given up',
    description: 'All dead ones, or those of a host or webhook; the oldest 1,000 at once.',
    replies: {
      202: { says: 'How many', schema: Type.Object({ redelivered: Type.Integer() }) },
    },
  },
  async run({ account, body: { host, webhook_id } }, { directory }) {
    let webhookId: WebhookId | undefined
    if (webhook_id !== undefined)
      webhookId = (await webhookOf(directory, account.id, webhook_id)).id
    const redelivered = await directory.store.deliveries.redeliverDead(account.id, {
      ...(host !== undefined && { host: host.toLowerCase() }),
      ...(webhookId && { webhookId }),
    })
    return { status: 202, body: { redelivered } }
  },
})

export const webhookDeliveryRoutes: readonly Route[] = [list, get, redeliver, redeliverDead]
