import type { Answerer } from '../core/answerer.ts'
import type {
  CallRecord,
  CallStatus,
  Direction,
  ReceivedDetails,
  TriggerDetails,
} from '../core/call.ts'
import type { Callback } from '../core/callbacks.ts'
import type { AccountId, CallId, DeviceId, RecordingId, TrunkId } from '../core/ids.ts'
import type { CallQuality } from '../core/quality.ts'
import { columnsOfMoney, moneyOfColumns } from './money/rows.ts'
import type { CallRow } from './schema.ts'

export function rowOfCall(call: CallRecord): CallRow {
  return {
    id: call.id,
    account_id: call.accountId,
    parent_id: call.parentId,
    direction: call.direction,
    from_party: call.from,
    to_party: call.to,
    status: call.status,
    end_reason: call.endReason,
    created_at_ms: call.createdAtMs,
    started_at_ms: call.startedAtMs,
    begin_ms: call.startedAtMs ?? call.createdAtMs,
    answered_at_ms: call.answeredAtMs,
    ended_at_ms: call.endedAtMs,
    url: call.url,
    method: call.method,
    status_callback: call.statusCallback,
    callbacks: call.callbacks === undefined ? null : JSON.stringify(call.callbacks),
    record: call.record ? 1 : 0,
    recording_id: call.recordingId,
    trunk_id: call.trunkId,
    device_id: call.deviceId,
    sip_call_id: call.sipCallId,
    gathered: call.gathered,
    trigger_details: call.trigger === null ? null : JSON.stringify(call.trigger),
    received: call.received === null ? null : JSON.stringify(call.received),
    quality: call.quality === null ? null : JSON.stringify(call.quality),
    answered_by: call.answeredBy,
    ...columnsOfMoney(call.money),
    test: call.isTest ? 1 : 0,
  }
}

export function callOfRow(row: CallRow): CallRecord {
  return {
    id: row.id as CallId,
    accountId: row.account_id as AccountId,
    parentId: row.parent_id as CallId | null,
    direction: row.direction as Direction,
    from: row.from_party,
    to: row.to_party,
    status: row.status as CallStatus,
    endReason: row.end_reason,
    createdAtMs: row.created_at_ms,
    startedAtMs: row.started_at_ms,
    answeredAtMs: row.answered_at_ms,
    endedAtMs: row.ended_at_ms,
    url: row.url,
    method: row.method === 'GET' ? 'GET' : 'POST',
    statusCallback: row.status_callback,
    record: row.record !== 0,
    recordingId: row.recording_id as RecordingId | null,
    trunkId: row.trunk_id as TrunkId | null,
    deviceId: row.device_id as DeviceId | null,
    sipCallId: row.sip_call_id,
    gathered: row.gathered,
    trigger:
      row.trigger_details === null ? null : (JSON.parse(row.trigger_details) as TriggerDetails),
    received: row.received === null ? null : (JSON.parse(row.received) as ReceivedDetails),
    quality: row.quality === null ? null : (JSON.parse(row.quality) as CallQuality),
    answeredBy: row.answered_by as Answerer | null,
    money: moneyOfColumns(row),
    ...(row.test === 0 ? {} : { isTest: true }),
    ...(row.callbacks !== null && { callbacks: JSON.parse(row.callbacks) as Callback[] }),
  }
}
