import type { LiveState } from '../../../app/actions/live-state.ts'
import { kindOfAnswerer } from '../../../core/answerer.ts'
import type { CallRecord } from '../../../core/call.ts'
import { isFinal } from '../../../core/call.ts'
import { costOfCall } from '../../../core/money/call-money.ts'
import type { RecordingUrl } from '../../services.ts'
import { renderQuality } from './call-quality.ts'
import { chargeText, isoTime } from './values.ts'

/** The schema Call of the API. What is not known (yet) is null. */
export function renderCall(call: CallRecord, recordingUrl: RecordingUrl): Record<string, unknown> {
  const cost = isFinal(call.status) ? costOfCall(call) : null
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
    price: cost && chargeText(cost.micro),
    price_unit: cost?.currency ?? null,
    recording_url: call.recordingId === null ? null : recordingUrl(call.recordingId),
    url: call.url,
    status_callback: call.statusCallback,
    // Snapshots for webhooks may be from before there was any.
    answered_by: call.answeredBy ? kindOfAnswerer(call.answeredBy) : null,
    answered_by_detail: call.answeredBy ?? null,
    end_reason: call.endReason,
    gathered_digits: call.gathered,
    parent_call_id: call.parentId,
    sip_headers: call.received?.sipHeaders ?? {},
    diversion: call.received?.diversion ?? [],
    quality: call.quality ? renderQuality(call.quality) : null,
    created_at: isoTime(call.createdAtMs),
    ...(call.isTest && { test: true }),
  }
}

/** The schema LiveState of the API. */
export const renderLive = (now: LiveState): Record<string, unknown> => ({
  ...{ muted: now.isMuted, deaf: now.isDeaf, held: now.isHeld },
  ...{ parked_on: now.slot, connected_with: now.talksTo },
  ...{ recording: now.recording, listened_to: now.isListenedTo },
})

/** Whole seconds from the answer to the end; 0 for a call that ended unanswered, null while it is on. */
function durationSeconds({ status, answeredAtMs, endedAtMs }: CallRecord): number | null {
  if (!isFinal(status) || endedAtMs === null) return null
  return answeredAtMs === null ? 0 : Math.round(Math.max(0, endedAtMs - answeredAtMs) / 1000)
}
