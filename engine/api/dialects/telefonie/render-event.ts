import type { RecordingId } from '../../../core/ids.ts'
import type { Delivery } from '../../../core/ports/store.ts'
import { renderCall } from './render-call.ts'

/**
 * The body of a status webhook: compact JSON `{"event","sequence","call"}`, where `event` is e.g.
 * `call.ringing` and `sequence` orders all events of the account.
 */
export function renderEvent(
  { event, call }: Pick<Delivery, 'event' | 'call'>,
  recordingUrl: (id: RecordingId) => string,
): string {
  return JSON.stringify({
    event: event.type,
    sequence: event.sequence,
    call: renderCall(call, recordingUrl),
  })
}
