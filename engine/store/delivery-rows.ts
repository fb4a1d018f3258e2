import type { CallRecord } from '../core/call.ts'
import type { LoggedEvent } from '../core/events.ts'
import type { AccountId, BoxId, CallId, ConferenceId, WebhookId } from '../core/ids.ts'
import type { ConferenceSnapshot } from '../core/ports/conferences.ts'
import type { Delivery } from '../core/ports/store.ts'
import type { DeliveryRecord } from '../core/ports/webhooks.ts'
import type { DeliveryRow } from './schema.ts'

/** What a conference's own status callback is told of it. */
export interface ConferenceTold {
  readonly conference: ConferenceSnapshot
}

/** What a webhook of the account is told besides the event. */
export interface WebhookTold {
  readonly call: CallRecord | null
  readonly legs: readonly CallRecord[]
}

/** The event as a delivery keeps it: account and number stand in columns of their own. */
export const eventText = ({ type, callId, conferenceId, atMs, data }: LoggedEvent): string =>
  JSON.stringify({ type, callId, ...(conferenceId && { conferenceId }), atMs, data })

export type StoredDelivery = Omit<DeliveryRow, 'id'> & { id: number }

export function eventOf(row: Pick<DeliveryRow, 'event' | 'account_id' | 'sequence'>): LoggedEvent {
  const event = JSON.parse(row.event ?? '') as LoggedEvent
  return { ...event, accountId: row.account_id as AccountId, sequence: row.sequence } as LoggedEvent
}

/** Fields that a call has got since snapshots were first taken. */
const sinceThen: Pick<CallRecord, 'gathered'> = { gathered: null }

/** Undefined for a row that holds no JSON where it should, or other JSON. */
export function readable(row: StoredDelivery): Delivery | undefined {
  try {
    return deliveryOfRow(row)
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined
    throw error
  }
}

function deliveryOfRow(row: StoredDelivery): Delivery {
  const addressed = {
    ...{ id: row.id, url: row.url, host: row.host, renderer: row.renderer },
    options: row.options === null ? null : (JSON.parse(row.options) as unknown),
    ...{ attempts: row.attempts, event: eventOf(row) },
    sinceMs: row.since_ms ?? 0,
  }
  const snapshot = JSON.parse(row.snapshot) as unknown
  if (row.webhook_id !== null) {
    const { call, legs } = snapshot as WebhookTold
    const webhookId = row.webhook_id as WebhookId
    return { ...addressed, webhookId, legs, ...(call && { call: { ...sinceThen, ...call } }) }
  }
  if (row.subject === 'conference') {
    const { conference } = snapshot as ConferenceTold
    return { ...addressed, conference } as Delivery
  }
  if (row.subject === 'box') return { ...addressed, boxId: row.subject_id as BoxId }
  return { ...addressed, call: { ...sinceThen, ...(snapshot as CallRecord) } } as Delivery
}

function typeOf({ event }: StoredDelivery): DeliveryRecord['type'] {
  try {
    return (JSON.parse(event ?? '') as LoggedEvent).type
  } catch {
    return 'unknown' as string as DeliveryRecord['type']
  }
}

/** A row as it is listed. A damaged one is listed too. */
export function recordOfRow(row: StoredDelivery): DeliveryRecord {
  return {
    ...{ id: row.id, state: row.state as DeliveryRecord['state'] },
    ...{ type: typeOf(row), sequence: row.sequence },
    callId: row.subject === 'call' ? (row.subject_id as CallId) : null,
    conferenceId: row.subject === 'conference' ? (row.subject_id as ConferenceId) : null,
    webhookId: row.webhook_id as WebhookId | null,
    ...{ url: row.url, attempts: row.attempts, lastError: row.last_error },
    ...{ answerStatus: row.answer_status, tookMs: row.took_ms },
    createdAtMs: row.created_at_ms ?? row.since_ms ?? 0,
    ...{ nextTryAtMs: row.due_at_ms, settledAtMs: row.settled_at_ms },
  }
}
