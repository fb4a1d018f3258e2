import { type Static, Type } from 'typebox'
import {
  createWebhook,
  listWebhooks,
  mostOverlapMs,
  removeWebhook,
  rotateAccountSecret,
  rotateSecret,
  updateWebhook,
  usualOverlapMs,
  webhookOf,
} from '../../../app/directory/webhooks.ts'
import { Failure } from '../../../core/failures.ts'
import { mostPatterns } from '../../../core/webhooks.ts'
import { type Route, route } from '../../dialect.ts'
import { readPatterns } from './event-values.ts'
import { nullable } from './nullable.ts'
import {
  dialectId,
  formats,
  renderHint,
  renderWebhook,
  secretHintSchema,
  shownSecretSchema,
  webhookSchema,
} from './webhook-values.ts'

const base = '/v1/voice/webhooks'
const tag = 'Webhooks'
const needs = 'manage'

const idSchema = Type.Object({ webhook_id: Type.String() })
const fields = {
  url: Type.String({ maxLength: 2_048 }),
  events: Type.Array(Type.String(), {
    ...{ minItems: 1, maxItems: mostPatterns },
    description:
      'Types of events; `call.*` for all that begin so, `*` for all. Who speaks in a conference only when it is named',
  }),
  format: Type.Enum([...formats], {
    description: '`json`, or `form`: with the fields and the signature that users of TwiML know',
  }),
  description: nullable(Type.String({ maxLength: 200 })),
  enabled: Type.Boolean(),
}
const { url, events, ...optional } = fields
const newSchema = Type.Object(
  { url, events, ...Type.Partial(Type.Object(optional)).properties },
  {
    ...{ additionalProperties: false, 'x-name': 'NewWebhook' },
    examples: [{ url: 'https://app.example.com/voice-events', events: ['call.*'] }],
  },
)
const changeSchema = Type.Partial(Type.Object(fields), {
  ...{ additionalProperties: false, minProperties: 1, 'x-name': 'WebhookUpdate' },
  examples: [{ enabled: false }],
})
const createdSchema = Type.Object(
  { ...webhookSchema.properties, secret: Type.String({ description: 'Not shown again' }) },
  { 'x-name': 'CreatedWebhook' },
)

const create = route({
  method: 'POST',
  path: base,
  body: newSchema,
  needs,
  operation: {
    id: 'createWebhook',
    tag,
    summary: 'Tell an address what happens',
    description:
      'Each event is a POST of its own, in order for each call or conference, repeated with growing pauses for 72 hours until it is answered with 2xx; an answer of 410 turns the webhook off. `json`: the event as in the log (`event` is its type), and `call` as it was then. Signed with the secret of the webhook: `X-Ringdown-Signature: t=<seconds>,v1=<hex>`, the HMAC-SHA256 of `<t>.<body>`; while two secrets are valid there are two `v1`. `X-Ringdown-Delivery` is the same in each attempt.',
    replies: { 201: { says: 'Webhook created', schema: createdSchema } },
  },
  async run({ account, body }, { directory }) {
    const { webhook, secret } = await createWebhook(directory, account.id, {
      ...{ url: body.url, events: readPatterns(body.events, 'events'), renderer: dialectId },
      ...{ options: { format: body.format ?? 'json' }, triggeredOnly: false },
      ...{ description: body.description ?? null, enabled: body.enabled ?? true },
    })
    return {
      status: 201,
      headers: { location: `${base}/${webhook.id}` },
      body: { ...renderWebhook(webhook), secret },
    }
  },
})

const list = route({
  method: 'GET',
  path: base,
  operation: {
    id: 'listWebhooks',
    tag,
    summary: 'List webhooks',
    replies: {
      200: { says: 'Webhooks', schema: Type.Object({ webhooks: Type.Array(webhookSchema) }) },
    },
  },
  async run({ account }, { directory }) {
    const webhooks = await listWebhooks(directory, account.id)
    return { status: 200, body: { webhooks: webhooks.map(renderWebhook) } }
  },
})

const get = route({
  method: 'GET',
  path: `${base}/:webhook_id`,
  params: idSchema,
  operation: {
    id: 'getWebhook',
    tag,
    summary: 'Get a webhook',
    replies: { 200: { says: 'The webhook', schema: webhookSchema } },
  },
  async run({ account, params }, { directory }) {
    const webhook = await webhookOf(directory, account.id, params.webhook_id)
    return { status: 200, body: renderWebhook(webhook) }
  },
})

const update = route({
  method: 'PATCH',
  path: `${base}/:webhook_id`,
  params: idSchema,
  body: changeSchema,
  needs,
  operation: {
    id: 'updateWebhook',
    tag,
    summary: 'Change a webhook',
    description:
      'What is still to be sent goes to the new address. What is open when it is turned off becomes dead, and can be sent again later.',
    replies: { 200: { says: 'The webhook', schema: webhookSchema } },
  },
  async run({ account, params, body }, { directory }) {
    const change = await changeOf(body, async () => {
      const { renderer } = await webhookOf(directory, account.id, params.webhook_id)
      return renderer === dialectId
    })
    const webhook = await updateWebhook(directory, account.id, params.webhook_id, change)
    return { status: 200, body: renderWebhook(webhook) }
  },
})

/** What another API has made keeps its words: only where it goes and whether are changed here. */
async function changeOf(
  { url, events, format, description, enabled }: Static<typeof changeSchema>,
  isOwn: () => Promise<boolean>,
) {
  if ((events || format) && !(await isOwn()))
    throw new Failure('invalid_request', 'Another API says what it is told', 'events')
  return {
    ...(url !== undefined && { url }),
    ...(events && { events: readPatterns(events, 'events') }),
    ...(format && { options: { format } }),
    ...(description !== undefined && { description }),
    ...(enabled !== undefined && { enabled }),
  }
}

const remove = route({
  method: 'DELETE',
  path: `${base}/:webhook_id`,
  params: idSchema,
  needs,
  operation: {
    id: 'deleteWebhook',
    tag,
    summary: 'Delete a webhook',
    description: 'With everything that was still to be sent.',
    replies: { 204: { says: 'Webhook deleted' } },
  },
  async run({ account, params }, { directory }) {
    await removeWebhook(directory, account.id, params.webhook_id)
    return { status: 204 }
  },
})

const test = route({
  method: 'POST',
  path: `${base}/:webhook_id/test`,
  params: idSchema,
  needs,
  operation: {
    id: 'testWebhook',
    tag,
    summary: 'Send a webhook a test event',
    description:
      'An event `webhook.test`, whatever it wants to be told, on the same way as all others: what came of it is shown at the delivery.',
    replies: {
      202: { says: 'On its way', schema: Type.Object({ delivery_id: Type.Integer() }) },
    },
  },
  async run({ account, params }, { directory }) {
    const webhook = await webhookOf(directory, account.id, params.webhook_id)
    const id = await directory.store.webhooks.test(webhook)
    return {
      status: 202,
      headers: { location: `${base}/deliveries/${id}` },
      body: { delivery_id: id },
    }
  },
})

const rotateSchema = Type.Object(
  {
    overlap_seconds: Type.Optional(
      Type.Integer({
        ...{ minimum: 0, maximum: mostOverlapMs / 1_000, default: usualOverlapMs / 1_000 },
        description: 'How long the old secret signs too; 0: it ends at once',
      }),
    ),
  },
  {
    ...{ additionalProperties: false, 'x-name': 'RotateSecret' },
    examples: [{ overlap_seconds: 3_600 }],
  },
)
const overlapOf = ({ overlap_seconds }: Static<typeof rotateSchema>): number =>
  overlap_seconds === undefined ? usualOverlapMs : overlap_seconds * 1_000
const rotateReplies = { 200: { says: 'The new secret', schema: shownSecretSchema } }
const rotateText =
  'The new secret signs at once; the old one too, as a second `v1`, for the time that is asked for. `X-Twilio-Signature`, and the signatures of other APIs, have room for one value: it is by the old secret until that time is over, and then by the new one.'

const rotate = route({
  method: 'POST',
  path: `${base}/:webhook_id/rotate-secret`,
  params: idSchema,
  body: rotateSchema,
  bodyIsOptional: true,
  needs,
  operation: {
    id: 'rotateWebhookSecret',
    tag,
    summary: 'Give a webhook another secret',
    description: rotateText,
    replies: rotateReplies,
  },
  async run({ account, params, body }, { directory }) {
    const made = await rotateSecret(directory, account.id, params.webhook_id, overlapOf(body))
    const nowMs = directory.clock.nowMs()
    return { status: 200, body: { ...renderHint(made, nowMs), secret: made.current } }
  },
})

const hintOfWebhook = route({
  method: 'GET',
  path: `${base}/:webhook_id/secret`,
  params: idSchema,
  needs,
  operation: {
    id: 'getWebhookSecret',
    tag,
    summary: 'Which secret signs a webhook',
    replies: {
      200: { says: 'Its end, and how long the one before is valid', schema: secretHintSchema },
    },
  },
  async run({ account, params }, { directory }) {
    const { id } = await webhookOf(directory, account.id, params.webhook_id)
    const secrets = await directory.store.webhooks.secrets(id)
    if (secrets === undefined) throw new Failure('not_found', 'There is no such webhook')
    return { status: 200, body: renderHint(secrets, directory.clock.nowMs()) }
  },
})

const hint = route({
  method: 'GET',
  path: `${base}/secret`,
  needs,
  operation: {
    id: 'getSigningSecret',
    tag,
    summary: 'Which secret signs status callbacks and requests for instructions',
    replies: {
      200: { says: 'Its end, and how long the one before is valid', schema: secretHintSchema },
    },
  },
  async run({ account }, { directory }) {
    const secrets = await directory.store.webhooks.secretsOf(account.id)
    if (secrets === undefined) throw new Failure('not_found', 'There is none')
    return { status: 200, body: renderHint(secrets, directory.clock.nowMs()) }
  },
})

const rotateOwn = route({
  method: 'POST',
  path: `${base}/secret/rotate`,
  body: rotateSchema,
  bodyIsOptional: true,
  needs,
  operation: {
    id: 'rotateSigningSecret',
    tag,
    summary: 'Sign status callbacks and requests for instructions with another secret',
    description: rotateText,
    replies: rotateReplies,
  },
  async run({ account, body }, { directory }) {
    const made = await rotateAccountSecret(directory, account.id, overlapOf(body))
    const nowMs = directory.clock.nowMs()
    return { status: 200, body: { ...renderHint(made, nowMs), secret: made.current } }
  },
})

export const webhookRoutes: readonly Route[] = [
  ...[create, list, hint, rotateOwn, get, update, remove],
  ...[test, rotate, hintOfWebhook],
]
