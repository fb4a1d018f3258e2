import type { CallDelivery, ConferenceDelivery } from '../../../core/ports/store.ts'
import type { OutgoingRequest } from '../../../core/ports/web.ts'
import type { RecordingUrl } from '../../services.ts'
import { renderRecord } from './conference-values.ts'
import { renderParticipant } from './participant-values.ts'
import { renderCall } from './render-call.ts'
import { isoTime, snakeKeys } from './values.ts'

/**
 * The body of a status webhook: compact JSON `{"event","sequence","call"}`, where `event` is e.g.
 * `call.ringing` and `sequence` orders all events of the account.
 */
export function renderEvent(
  { event, call }: Pick<CallDelivery, 'event' | 'call'>,
  recordingUrl: RecordingUrl,
): string {
  return JSON.stringify({
    event: event.type,
    sequence: event.sequence,
    call: renderCall(call, recordingUrl),
  })
}

/** A status webhook: its event by POST to the address that the call was given. */
export const renderCallback = (
  delivery: Pick<CallDelivery, 'event' | 'call' | 'url'>,
  recordingUrl: RecordingUrl,
): OutgoingRequest => ({
  url: delivery.url,
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: renderEvent(delivery, recordingUrl),
})

/**
 * A status webhook of a conference: compact JSON `{"event","sequence","at","conference","participant","data"}`, all as
 * they were at the event; `participant` is null when it is about the conference as a whole.
 */
export function renderConferenceCallback({
  event,
  conference,
  url,
}: Pick<ConferenceDelivery, 'event' | 'conference' | 'url'>): OutgoingRequest {
  const { participant } = conference
  return {
    url,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      event: event.type,
      sequence: event.sequence,
      at: isoTime(event.atMs),
      conference: renderRecord(conference),
      participant: participant && renderParticipant(participant),
      data: snakeKeys(event.data),
    }),
  }
}
