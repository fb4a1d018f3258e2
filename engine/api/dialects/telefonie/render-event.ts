import type { Delivery } from '../../../core/ports/store.ts'
import type { OutgoingRequest } from '../../../core/ports/web.ts'
import type { RecordingUrl } from '../../services.ts'
import { renderCall } from './render-call.ts'

/**
 * The body of a status webhook: compact JSON `{"event","sequence","call"}`, where `event` is e.g.
 * `call.ringing` and `sequence` orders all events of the account.
 */
export function renderEvent(
  { event, call }: Pick<Delivery, 'event' | 'call'>,
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
  delivery: Pick<Delivery, 'event' | 'call' | 'url'>,
  recordingUrl: RecordingUrl,
): OutgoingRequest => ({
  url: delivery.url,
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: renderEvent(delivery, recordingUrl),
})
