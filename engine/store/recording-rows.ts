import type { AccountId, CallId, ConferenceId, RecordingId } from '../core/ids.ts'
import type { KeptRecording, RecordingChange, RecordingRecord } from '../core/ports/recordings.ts'
import type { RecordingRow } from './schema.ts'

/** The columns of KeptRecording: each is written alone. */
export type KeptColumns = Pick<
  RecordingRow,
  | 'sha256'
  | 'encryption'
  | 'place'
  | 'upload'
  | 'uploaded_at_ms'
  | 'hold_reason'
  | 'retain_until_ms'
  | 'deleting_at_ms'
  | 'transcript_status'
  | 'transcript'
  | 'transcript_failure'
>

const columnOf = {
  sha256: 'sha256',
  encryption: 'encryption',
  place: 'place',
  upload: 'upload',
  uploadedAtMs: 'uploaded_at_ms',
  holdReason: 'hold_reason',
  retainUntilMs: 'retain_until_ms',
  deletingAtMs: 'deleting_at_ms',
  transcriptStatus: 'transcript_status',
  transcript: 'transcript',
  transcriptFailure: 'transcript_failure',
} as const satisfies Record<keyof KeptRecording, keyof KeptColumns>

const kept = Object.entries(columnOf) as [keyof KeptRecording, keyof KeptColumns][]
const asJson: ReadonlySet<string> = new Set(['encryption', 'upload', 'transcript'])

/** Only what the change names. */
export function columnsOfChange(
  change: RecordingChange & { readonly deletingAtMs?: never },
): Partial<KeptColumns> {
  const named = kept.filter(([field]) => change[field] !== undefined)
  return Object.fromEntries(
    named.map(([field, column]) => {
      const value = change[field] ?? null
      return [column, value !== null && asJson.has(column) ? jsonOf(value) : value]
    }),
  )
}

/** The text of a transcript stands first, where the filter of lists looks for it (recording-filter.ts). */
function jsonOf(value: unknown): string {
  if (typeof value !== 'object' || value === null || !('segments' in value && 'text' in value))
    return JSON.stringify(value)
  const { text, segments, ...rest } = value
  return JSON.stringify({ text, segments, ...rest })
}

function keptOfRow(row: KeptColumns): Partial<KeptRecording> {
  const there = kept.filter(([, column]) => row[column] !== null)
  return Object.fromEntries(
    there.map(([field, column]) => {
      const value = row[column]
      return [field, asJson.has(column) ? JSON.parse(String(value)) : value]
    }),
  )
}

/** Without the columns of KeptRecording. */
export const rowOfRecording = (
  recording: RecordingRecord,
): Omit<RecordingRow, keyof KeptColumns | 'unsettled'> => ({
  id: recording.id,
  account_id: recording.accountId,
  call_id: recording.callId,
  conference_id: recording.conferenceId ?? null,
  status: recording.status,
  failure: recording.failure,
  path: recording.path,
  channels: recording.channels,
  duration_ms: recording.durationMs,
  bytes: recording.bytes,
  created_at_ms: recording.createdAtMs,
  source: recording.source ?? null,
  format: recording.format ?? null,
  rate_hz: recording.rateHz ?? null,
  spans: recording.spans === undefined ? null : JSON.stringify(recording.spans),
})

export const recordingOfRow = (row: RecordingRow): RecordingRecord => ({
  id: row.id as RecordingId,
  accountId: row.account_id as AccountId,
  callId: row.call_id as CallId | null,
  ...(row.conference_id !== null && { conferenceId: row.conference_id as ConferenceId }),
  status: row.status as RecordingRecord['status'],
  failure: row.failure,
  path: row.path,
  channels: row.channels === 1 ? 1 : 2,
  durationMs: row.duration_ms,
  bytes: row.bytes,
  createdAtMs: row.created_at_ms,
  ...(row.source !== null && { source: row.source as NonNullable<RecordingRecord['source']> }),
  ...(row.format !== null && { format: row.format as NonNullable<RecordingRecord['format']> }),
  ...(row.rate_hz !== null && { rateHz: row.rate_hz }),
  ...(row.spans !== null && { spans: JSON.parse(row.spans) }),
  ...keptOfRow(row),
})
