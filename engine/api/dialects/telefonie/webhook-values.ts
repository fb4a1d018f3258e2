import { Type } from 'typebox'
import { formFields } from '../../../app/call-fields.ts'
import type { WebhookDelivery } from '../../../core/ports/store.ts'
import type { OutgoingRequest } from '../../../core/ports/web.ts'
import type { DeliveryRecord } from '../../../core/ports/webhooks.ts'
import { deliveryStates } from '../../../core/ports/webhooks.ts'
import type { SigningSecrets, Webhook } from '../../../core/webhooks.ts'
import type { RecordingUrl } from '../../services.ts'
import { renderLogged } from './event-values.ts'
import { formRequest } from './form-request.ts'
import { nullable } from './nullable.ts'
import { renderCall } from './render-call.ts'
import { isoTime } from './values.ts'

/** By which the core knows whose webhooks these are. */
export const dialectId = 'telefonie'

export const formats = ['json', 'form'] as const
export type Format = (typeof formats)[number]

const secretSchema = Type.Object({
  secret_hint: Type.String({ description: 'Its last four characters' }),
  previous_secret_until: nullable(
    Type.String({ format: 'date-time', description: 'Until then the one before signs too' }),
  ),
})
export const shownSecretSchema = Type.Object(
  {
    ...secretSchema.properties,
    secret: Type.String({ description: 'Not shown again' }),
  },
  { 'x-name': 'NewSigningSecret' },
)
export const secretHintSchema = Type.Object(secretSchema.properties, { 'x-name': 'SigningSecret' })

const isoOrNull = (atMs: number | null): string | null => (atMs === null ? null : isoTime(atMs))

export const renderHint = ({ current, previousUntilMs }: SigningSecrets, nowMs: number) => ({
  secret_hint: current.slice(-4),
  previous_secret_until: isoOrNull((previousUntilMs ?? 0) > nowMs ? previousUntilMs : null),
})

export const webhookSchema = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    url: Type.String(),
    events: Type.Array(Type.String()),
    format: Type.Enum([...formats, 'other'], {
      description: '`other`: made by another API, which writes what is sent',
    }),
    description: nullable(Type.String()),
    enabled: Type.Boolean(),
    date_created: Type.String({ format: 'date-time' }),
  },
  { 'x-name': 'Webhook' },
)

const formatOf = ({ renderer, options }: Webhook): Format | 'other' => {
  if (renderer !== dialectId) return 'other'
  return isForm(options) ? 'form' : 'json'
}

const isForm = (options: unknown): boolean =>
  typeof options === 'object' &&
  options !== null &&
  'format' in options &&
  options.format === 'form'

export const renderWebhook = (webhook: Webhook) => ({
  ...{ id: webhook.id, url: webhook.url, events: [...webhook.events] },
  ...{ format: formatOf(webhook), description: webhook.description, enabled: webhook.enabled },
  date_created: isoTime(webhook.createdAtMs),
})

export const deliverySchema = Type.Object(
  {
    id: Type.Integer(),
    status: Type.Enum([...deliveryStates]),
    type: Type.String({ examples: ['call.completed'] }),
    sequence: Type.Integer({ description: 'The number of the event in the log' }),
    call_id: nullable(Type.String()),
    conference_id: nullable(Type.String()),
    webhook_id: nullable(
      Type.String({ description: 'Null: a status callback, or asked for by another API' }),
    ),
    url: Type.String({ description: 'Without its query, which may hold a key' }),
    attempts: Type.Integer(),
    last_error: nullable(Type.String()),
    answer_status: nullable(Type.Integer({ description: 'HTTP status of the last answer' })),
    duration_ms: nullable(Type.Integer({ description: 'How long the last attempt took' })),
    date_created: Type.String({ format: 'date-time' }),
    next_try: nullable(
      Type.String({ description: 'Null when open: waits for an older one of the same call' }),
    ),
    date_settled: nullable(Type.String({ description: 'Since when it is delivered or dead' })),
  },
  { 'x-name': 'WebhookDelivery' },
)

export const renderDelivery = (one: DeliveryRecord) => ({
  ...{ id: one.id, status: one.state, type: one.type, sequence: one.sequence },
  ...{ call_id: one.callId, conference_id: one.conferenceId, webhook_id: one.webhookId },
  url: one.url.split('?', 1)[0] ?? '',
  ...{ attempts: one.attempts, last_error: one.lastError },
  ...{ answer_status: one.answerStatus, duration_ms: one.tookMs },
  date_created: isoTime(one.createdAtMs),
  ...{ next_try: isoOrNull(one.nextTryAtMs), date_settled: isoOrNull(one.settledAtMs) },
})

/** What a webhook is told: the event as it stands in the log, and the call as it was then. */
export function renderWebhookDelivery(
  delivery: WebhookDelivery,
  recordingUrl: RecordingUrl,
): OutgoingRequest {
  if (isForm(delivery.options)) return asForm(delivery)
  const { url, event, call } = delivery
  const { type, ...rest } = renderLogged(event)
  return {
    url,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      event: type,
      ...rest,
      call: call ? renderCall(call, recordingUrl) : null,
    }),
  }
}

/** As users of TwiML are told, signed as they check it. */
function asForm({ url, event, call }: WebhookDelivery): OutgoingRequest {
  const seconds =
    call?.answeredAtMs && call.endedAtMs
      ? Math.round((call.endedAtMs - call.answeredAtMs) / 1_000)
      : undefined
  const extra = {
    event: event.type,
    timestamp: new Date(event.atMs).toUTCString(),
    sequence_number: event.sequence,
    call_duration: seconds,
    event_data: JSON.stringify(event.data),
  }
  const fields = call
    ? formFields(call, extra)
    : {
        AccountSid: event.accountId,
        ...{ Event: extra.event, Timestamp: extra.timestamp },
        ...{ SequenceNumber: extra.sequence_number, EventData: extra.event_data },
      }
  return formRequest({ url, method: 'POST' }, fields)
}
