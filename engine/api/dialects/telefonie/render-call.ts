import type { CallRecord } from '../../../core/call.ts'
import { isFinal } from '../../../core/call.ts'
import { legCostMicro } from '../../../core/rates.ts'
import type { RecordingUrl } from '../../services.ts'
import { renderQuality } from './call-quality.ts'
import { chargeText, isoTime, priceUnit } from './values.ts'

/** The schema Call of the API. What is not known (yet) is null. */
export function renderCall(call: CallRecord, recordingUrl: RecordingUrl): Record<string, unknown> {
  const price = priceOf(call)
  return {
    id: call.id,
    status: call.status,
    direction: call.direction,
    from: call.from,
    to: call.to,
    duration: durationSeconds(call),
    start_time: isoTime(call.startedAtMs),
    answered_at: isoTime(call.answeredAtMs),
    end_time: isoTime(call.endedAtMs),
    price,
    price_unit: price === null ? null : priceUnit,
    recording_url: call.recordingId === null ? null : recordingUrl(call.recordingId),
    url: call.url,
    status_callback: call.statusCallback,
    answered_by: null,
    end_reason: call.endReason,
    gathered_digits: call.gathered,
    parent_call_id: call.parentId,
    sip_headers: call.received?.sipHeaders ?? {},
    diversion: call.received?.diversion ?? [],
    // Snapshots for webhooks may be from before there was any.
    quality: call.quality ? renderQuality(call.quality) : null,
    created_at: isoTime(call.createdAtMs),
  }
}

/** Whole seconds from the answer to the end; 0 for a call that ended unanswered, null while it is on. */
function durationSeconds({ status, answeredAtMs, endedAtMs }: CallRecord): number | null {
  if (!isFinal(status) || endedAtMs === null) return null
  return answeredAtMs === null ? 0 : Math.round(Math.max(0, endedAtMs - answeredAtMs) / 1000)
}

/** Calls that come to us cost nothing; the others what the rate table says, once they are over. */
function priceOf({ direction, status, to, answeredAtMs, endedAtMs }: CallRecord): string | null {
  if (!isFinal(status) || endedAtMs === null) return null
  if (direction === 'inbound') return chargeText(0)
  return chargeText(legCostMicro(to, answeredAtMs === null ? null : endedAtMs - answeredAtMs))
}
