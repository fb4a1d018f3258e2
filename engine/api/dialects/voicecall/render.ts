import { type TSchema, Type } from 'typebox'
import type { JournalView } from '../../../app/directory/journal.ts'
import { isFinal } from '../../../core/call.ts'
import { transcriptStatuses } from '../../../core/ports/recordings.ts'
import type { RecordingUrl } from '../../services.ts'
import { isoTime } from '../../times.ts'
import { directions, statuses, type Words } from './words.ts'

const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const time = () => Type.String({ format: 'date-time' })
const status = Type.Enum([...statuses])

const recordingSchema = Type.Object({
  external_uid: Type.String(),
  external_url: nullable(Type.String({ description: 'A link that needs no key, good for a day' })),
  size: nullable(Type.Integer({ description: 'Bytes' })),
  duration: nullable(Type.Integer({ description: 'Seconds' })),
  started_at: nullable(time()),
})

export const voiceCallSchema = Type.Object(
  {
    uid: Type.String({ format: 'uuid' }),
    business_uid: Type.String(),
    staff_uid: nullable(Type.String()),
    client_uid: nullable(Type.String()),
    from_number: Type.String({ description: 'Of a call of this system also a device or address' }),
    to_number: Type.String(),
    direction: Type.Enum([...directions]),
    status,
    duration: nullable(Type.Integer({ description: 'Seconds of conversation' })),
    rate: Type.String(),
    price: nullable(Type.String()),
    provider: Type.String(),
    source_id: Type.String(),
    external_uuid: Type.String(),
    call_summary: nullable(Type.String()),
    recording: nullable(recordingSchema),
    external_app_url: nullable(Type.String()),
    external_app_name: nullable(Type.String()),
    handled_by_staff_uid: nullable(Type.String()),
    handled_at: nullable(time()),
    transcript_status: nullable(
      Type.Enum([...transcriptStatuses], { description: 'Of the recording; null: nobody asked' }),
    ),
    status_changes: Type.Array(
      Type.Object({
        at: time(),
        from: status,
        to: status,
        by: nullable(Type.String({ description: "The token's subject; null: the call itself" })),
      }),
      { description: 'Oldest first' },
    ),
    created_at: time(),
    updated_at: time(),
    deleted_at: Type.Null(),
  },
  { 'x-name': 'VoiceCall' },
)

/** `{success, data}`: how this API wraps its answers. */
export const answerSchema = (data: TSchema): TSchema =>
  Type.Object({ success: Type.Literal(true), data })
export const answer = (data: unknown) => ({ status: 200, body: { success: true, data } })

/** What is not known (yet) is null. */
export function renderVoiceCall(
  view: JournalView,
  words: Words,
  recordingUrl: RecordingUrl,
): Record<string, unknown> {
  const { entry } = view
  return {
    uid: entry.id,
    business_uid: entry.businessId,
    staff_uid: entry.staffId,
    client_uid: entry.clientId,
    from_number: entry.from,
    to_number: entry.to,
    direction: words.direction(entry.direction),
    status: words.status(entry.status),
    duration: durationS(view),
    rate: entry.rate,
    price: entry.details.price,
    provider: words.provider(entry.provider),
    source_id: entry.sourceId,
    external_uuid: entry.externalId,
    call_summary: entry.details.summary,
    recording: recordingOf(view, recordingUrl),
    external_app_url: entry.details.appUrl,
    external_app_name: entry.details.appName,
    handled_by_staff_uid: entry.handledBy,
    handled_at: isoTime(entry.handledAtMs),
    transcript_status: view.recording?.transcriptStatus ?? null,
    status_changes: entry.changes.map(({ atMs, from, to, by }) => ({
      ...{ at: isoTime(atMs), from: words.status(from), to: words.status(to), by },
    })),
    created_at: isoTime(entry.createdAtMs),
    updated_at: isoTime(entry.updatedAtMs),
    deleted_at: null,
  }
}

/** From the answer to the end, once there is one; of calls that are not ours what was told of them. */
function durationS({ entry, call }: JournalView): number | null {
  if (call === undefined) return entry.details.durationS
  if (!isFinal(call.status) || call.endedAtMs === null) return null
  if (call.answeredAtMs === null) return 0
  return Math.round(Math.max(0, call.endedAtMs - call.answeredAtMs) / 1000)
}

function recordingOf({ entry, recording }: JournalView, recordingUrl: RecordingUrl): unknown {
  const { recordingId } = entry.details
  if (recording === undefined) {
    const unknown = { external_url: null, size: null, duration: null, started_at: null }
    return recordingId === null ? null : { external_uid: recordingId, ...unknown }
  }
  const { id, bytes, durationMs, createdAtMs } = recording
  return {
    external_uid: id,
    external_url: recording.status === 'completed' ? recordingUrl(id) : null,
    size: bytes,
    duration: durationMs === null ? null : Math.round(durationMs / 1000),
    started_at: isoTime(createdAtMs),
  }
}
