import { type CallRecord, type CallStatus, callStatuses, isFinal } from '../core/call.ts'
import type { EventDraft } from '../core/events.ts'

/** Whom documents want told stands in their own deliveries, and is nobody else's business. */
export const withoutCallbacks = <Told extends { readonly callbacks?: unknown }>({
  callbacks: _,
  ...told
}: Told): Omit<Told, 'callbacks'> => told

/**
 * The call as it was when the event happened. It differs from the row that is committed with the event
 * only where several changes of status are committed at once: each but the last is taken back to its time.
 */
export function callAtEvent(given: CallRecord, event: EventDraft): CallRecord {
  const call = withoutCallbacks(given)
  const status = statusOf(event)
  if (status === undefined || status === call.status) return call
  const byThen = (atMs: number | null): number | null =>
    atMs !== null && atMs <= event.atMs ? atMs : null
  const over = isFinal(status)
  return {
    ...call,
    status,
    startedAtMs: status === 'queued' ? null : byThen(call.startedAtMs),
    answeredAtMs: over || status === 'in-progress' ? byThen(call.answeredAtMs) : null,
    endedAtMs: over ? byThen(call.endedAtMs) : null,
    endReason: over ? call.endReason : null,
    recordingId: null,
  }
}

function statusOf(event: EventDraft): CallStatus | undefined {
  return callStatuses.find((status) => event.type === `call.${status}`)
}

/** True for the events that a status callback is told. */
export const isStatusEvent = (event: EventDraft): boolean =>
  statusOf(event) !== undefined || event.type === 'call.answered-by'
