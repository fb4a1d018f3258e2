import type { AccountId, BoxId, CallId, RecordingId, VoicemailId } from '../core/ids.ts'
import type { VoicemailReason, VoicemailRecord } from '../core/ports/voicemail.ts'
import type { VoicemailRow } from './schema.ts'

export const rowOfVoicemail = (voicemail: VoicemailRecord): VoicemailRow => ({
  id: voicemail.id,
  account_id: voicemail.accountId,
  box_id: voicemail.boxId,
  recording_id: voicemail.recordingId,
  call_id: voicemail.callId,
  from_party: voicemail.from,
  from_name: voicemail.fromName,
  to_party: voicemail.to,
  reason: voicemail.reason,
  received_at_ms: voicemail.receivedAtMs,
  duration_ms: voicemail.durationMs,
  folder: voicemail.folder,
  urgent: voicemail.urgent ? 1 : 0,
  heard_at_ms: voicemail.heardAtMs,
  deleted_at_ms: voicemail.deletedAtMs,
  expires_at_ms: voicemail.expiresAtMs,
})

export const voicemailOfRow = (row: VoicemailRow): VoicemailRecord => ({
  id: row.id as VoicemailId,
  accountId: row.account_id as AccountId,
  boxId: row.box_id as BoxId,
  recordingId: row.recording_id as RecordingId,
  callId: row.call_id as CallId | null,
  from: row.from_party,
  fromName: row.from_name,
  to: row.to_party,
  reason: row.reason as VoicemailReason,
  receivedAtMs: row.received_at_ms,
  durationMs: row.duration_ms,
  folder: row.folder as VoicemailRecord['folder'],
  urgent: row.urgent !== 0,
  heardAtMs: row.heard_at_ms,
  deletedAtMs: row.deleted_at_ms,
  expiresAtMs: row.expires_at_ms,
})
