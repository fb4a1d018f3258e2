import type { Insertable } from 'kysely'
import { type CallRecord, callStatuses, isFinal } from '../core/call.ts'
import { type Callback, callbacksFor, transcriptEvents } from '../core/callbacks.ts'
import type { ConferenceRecord } from '../core/conference.ts'
import {
  type CallEvent,
  type ConferenceEvent,
  type EventDraft,
  type LoggedEvent,
  speakingEventTypes,
} from '../core/events.ts'
import type { AccountId, WebhookId } from '../core/ids.ts'
import type { ConferenceSnapshot } from '../core/ports/conferences.ts'
import { isMailUrl, mailHost, mailUrlOf } from '../core/ports/mail.ts'
import type { BoxOptions } from '../core/ports/voicemail.ts'
import { numberToldOf } from '../core/subscriptions.ts'
import { wantsType } from '../core/webhooks.ts'
import { callOfRow } from './call-rows.ts'
import { type ConferenceTold, eventText, type WebhookTold } from './delivery-rows.ts'
import { portionsOf } from './portions.ts'
import type { Db, DeliveryRow, WebhookRow } from './schema.ts'
import { callAtEvent, isStatusEvent, withoutCallbacks } from './snapshot.ts'
import { makeNextDue, streamOf } from './streams.ts'
import { subscribersOf } from './subscriptions.ts'

type Receiver = Pick<DeliveryRow, 'url' | 'renderer' | 'options'> & {
  readonly webhookId?: WebhookId
}
type About = Pick<DeliveryRow, 'subject' | 'subject_id'>

/** A row as it is inserted; not due yet. */
type NewDelivery = Omit<Insertable<DeliveryRow>, 'id'> & { readonly stream: string }

const hostOf = (url: string): string => (isMailUrl(url) ? mailHost : (URL.parse(url)?.host ?? ''))

function deliveryRow(
  event: LoggedEvent,
  about: About,
  snapshot: string,
  { webhookId = undefined, ...receiver }: Receiver,
  nowMs: number,
): NewDelivery {
  const addressed = { ...about, ...receiver, webhook_id: webhookId ?? null }
  return {
    ...{ account_id: event.accountId, sequence: event.sequence, event: eventText(event) },
    ...addressed,
    ...{ stream: streamOf(addressed), snapshot, host: hostOf(receiver.url) },
    ...{ state: 'open', attempts: 0, due_at_ms: null, last_error: null },
    ...{ since_ms: event.atMs, created_at_ms: nowMs },
  }
}

/**
 * Makes deliveries, inside the caller's transaction, in the order of their streams. Their numbers are not asked for: a
 * transaction that is said again on PostgreSQL, its connection lost, gets other ones.
 */
async function insertDeliveries(
  db: Db,
  rows: readonly NewDelivery[],
  nowMs: number,
): Promise<void> {
  for (const some of portionsOf(rows)) {
    await db.insertInto('deliveries').values(some).execute()
  }
  await makeNextDue(db, new Set(rows.map(({ stream }) => stream)), nowMs)
}

/** The same of events of the account: they are due when the first of them happened. */
async function insertTold(
  db: Db,
  rows: readonly NewDelivery[],
  [first]: readonly LoggedEvent[],
): Promise<void> {
  if (first) await insertDeliveries(db, rows, first.atMs)
}

/**
 * The deliveries of what has happened to a call to its own status callback, to those whom its documents want told, and to
 * those who subscribed to its number, inside the caller's transaction; tells whether there are any.
 */
export async function enqueueDeliveries(
  db: Db,
  call: CallRecord,
  events: readonly CallEvent[],
  { nowMs, hasSubscribers }: { readonly nowMs: number; readonly hasSubscribers: boolean },
): Promise<boolean> {
  const rows: NewDelivery[] = []
  for (const event of events) {
    const known = isStatusEvent(event) ? await receiversOf(db, call, event, hasSubscribers) : []
    const receivers = [...known, ...callbacksFor(call.callbacks, event).map(receiverOf)]
    if (receivers.length === 0) continue
    const snapshot = JSON.stringify(callAtEvent(call, event))
    const about = { subject: 'call', subject_id: call.id }
    rows.push(...receivers.map((receiver) => deliveryRow(event, about, snapshot, receiver, nowMs)))
  }
  await insertDeliveries(db, rows, nowMs)
  return rows.length > 0
}

/** The call's own status callback, and at its beginning and end whoever subscribed to its number. */
async function receiversOf(
  db: Db,
  call: CallRecord,
  { type }: EventDraft,
  hasSubscribers: boolean,
): Promise<Receiver[]> {
  const own = call.statusCallback
  const number = hasSubscribers ? numberToldOf(call, type) : undefined
  const subscribers = number === undefined ? [] : await subscribersOf(db, call, number)
  return [
    ...(own === null ? [] : [{ url: own, renderer: null, options: null }]),
    ...subscribers.map(({ dialect, url, options }) => ({ url, renderer: dialect, options })),
  ]
}

/** The rest of it stands in the delivery: it is written by that. */
const receiverOf = (callback: Callback): Receiver => ({
  url: callback.url,
  renderer: null,
  options: JSON.stringify(callback),
})

/** The same of a conference; tells whether there are any. */
export async function enqueueConferenceDeliveries(
  db: Db,
  told: readonly { readonly event: ConferenceEvent; readonly conference: ConferenceSnapshot }[],
  nowMs: number,
): Promise<boolean> {
  const rows = told.flatMap(({ event, conference }) => {
    const receivers = conferenceReceivers(conference.record, event)
    const about = { subject: 'conference', subject_id: event.conferenceId }
    const seen = { ...conference, record: withoutCallbacks(conference.record) }
    const snapshot = JSON.stringify({ conference: seen } satisfies ConferenceTold)
    return receivers.map((receiver) => deliveryRow(event, about, snapshot, receiver, nowMs))
  })
  await insertDeliveries(db, rows, nowMs)
  return rows.length > 0
}

/** Its own status callback is told of all, but of who speaks only where it wants that. */
function conferenceReceivers(
  { statusCallback, callbacks, options }: ConferenceRecord,
  event: ConferenceEvent,
): Receiver[] {
  const isTold = options.speakingEvents || !speakingEventTypes.has(event.type)
  const own = isTold && statusCallback !== null
  return [
    ...(own ? [{ url: statusCallback, renderer: null, options: null }] : []),
    ...callbacksFor(callbacks, event).map(receiverOf),
  ]
}

const subjectOf = ({ accountId, callId, conferenceId }: LoggedEvent): About => {
  if (callId !== null) return { subject: 'call', subject_id: callId }
  if (conferenceId !== undefined) return { subject: 'conference', subject_id: conferenceId }
  return { subject: 'account', subject_id: accountId }
}

/**
 * The deliveries of events to the account's webhooks that want them, inside the caller's transaction. Those of a call
 * come with the call as it is with the last of them, if it is given.
 */
export async function tellWebhooks(
  db: Db,
  accountId: AccountId,
  events: readonly LoggedEvent[],
  call?: CallRecord,
): Promise<void> {
  const nowMs = events[0]?.atMs
  if (nowMs === undefined) return
  const webhooks = await enabledWebhooks(db, accountId)
  const rows: NewDelivery[] = []
  for (const event of webhooks.length === 0 ? [] : events) {
    const receivers = webhooks.filter((webhook) => isFor(webhook, event, call))
    if (receivers.length === 0) continue
    const snapshot = await snapshotOf(db, event, call)
    for (const { id, renderer, url, options } of receivers) {
      const receiver = { url, renderer, options, webhookId: id as WebhookId }
      const about = subjectOf(event)
      rows.push(deliveryRow(event, about, snapshot, receiver, nowMs))
    }
  }
  await insertDeliveries(db, rows, nowMs)
}

/** One delivery to one webhook, whatever it wants; the stream that it is in. */
export async function tellWebhook(
  db: Db,
  webhook: WebhookRow,
  event: LoggedEvent,
  nowMs: number,
): Promise<string> {
  const { id, renderer, url, options } = webhook
  const receiver = { url, renderer, options, webhookId: id as WebhookId }
  const snapshot = await snapshotOf(db, event, undefined)
  const row = deliveryRow(event, subjectOf(event), snapshot, receiver, nowMs)
  await insertDeliveries(db, [row], nowMs)
  return row.stream
}

const enabledWebhooks = (db: Db, accountId: AccountId): Promise<WebhookRow[]> =>
  db
    .selectFrom('webhooks')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('enabled', '=', 1)
    .orderBy('created_at_ms')
    .orderBy('id')
    .execute()

function isFor(row: WebhookRow, event: LoggedEvent, call: CallRecord | undefined): boolean {
  if (row.triggered_only !== 0 && !call?.trigger) return false
  return wantsType({ events: JSON.parse(row.events) as string[] }, event.type)
}

const finalTypes: ReadonlySet<string> = new Set(
  callStatuses.filter(isFinal).map((status) => `call.${status}`),
)

/** What a box has written to its owner's address, and tells by a request of its own, of messages left in it. */
export async function tellBoxes(
  db: Db,
  accountId: AccountId,
  events: readonly LoggedEvent[],
): Promise<void> {
  const rows: NewDelivery[] = []
  for (const event of events) {
    const { boxId } = event.data
    if (event.type !== 'voicemail.left' || typeof boxId !== 'string') continue
    const options = await boxOptions(db, accountId, boxId)
    const about = { subject: 'box', subject_id: boxId }
    const plain = { renderer: null, options: null }
    for (const url of [options.email && mailUrlOf(options.email), options.webhookUrl]) {
      if (url) rows.push(deliveryRow(event, about, '{}', { url, ...plain }, event.atMs))
    }
  }
  await insertTold(db, rows, events)
}

const tellTranscripts: ReadonlySet<string> = new Set(transcriptEvents)

/** Whom the document of a call has wanted told the text of its recording, inside the caller's transaction. */
export async function tellOfTranscripts(
  db: Db,
  accountId: AccountId,
  events: readonly LoggedEvent[],
): Promise<void> {
  const rows: NewDelivery[] = []
  for (const event of events) {
    const { callId } = event.data
    if (!tellTranscripts.has(event.type) || typeof callId !== 'string') continue
    const row = await db
      .selectFrom('calls')
      .selectAll()
      .where('id', '=', callId)
      .where('account_id', '=', accountId)
      .executeTakeFirst()
    if (row === undefined || row.callbacks === null) continue
    const call = callOfRow(row)
    const snapshot = JSON.stringify(withoutCallbacks(call))
    const about = { subject: 'call', subject_id: callId }
    const receivers = callbacksFor(call.callbacks, event).map(receiverOf)
    rows.push(...receivers.map((one) => deliveryRow(event, about, snapshot, one, event.atMs)))
  }
  await insertTold(db, rows, events)
}

async function boxOptions(db: Db, accountId: AccountId, id: string): Promise<Partial<BoxOptions>> {
  const row = await db
    .selectFrom('voicemail_boxes')
    .select('options')
    .where('id', '=', id)
    .where('account_id', '=', accountId)
    .executeTakeFirst()
  return row ? (JSON.parse(row.options) as Partial<BoxOptions>) : {}
}

/** At the end of a call that connects a lead to an agent the lead's leg is told too: both cost. */
async function snapshotOf(
  db: Db,
  event: LoggedEvent,
  call: CallRecord | undefined,
): Promise<string> {
  const told: WebhookTold = { call: null, legs: [] }
  if (event.callId === null || call === undefined) return JSON.stringify(told)
  const legs = call.trigger && finalTypes.has(event.type) ? await legsOf(db, call) : []
  const seen = callAtEvent(call, event as CallEvent)
  return JSON.stringify({ call: seen, legs } satisfies WebhookTold)
}

async function legsOf(db: Db, { id }: CallRecord): Promise<CallRecord[]> {
  const rows = await db
    .selectFrom('calls')
    .selectAll()
    .where('parent_id', '=', id)
    .orderBy('created_at_ms')
    .orderBy('id')
    .execute()
  return rows.map((row) => withoutCallbacks(callOfRow(row)))
}
