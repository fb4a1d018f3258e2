import type { Direction } from '../core/call.ts'
import type { AccountId, CallId, JournalId } from '../core/ids.ts'
import type {
  JournalChange,
  JournalContent,
  JournalDetails,
  JournalEntry,
  JournalStatus,
} from '../core/journal.ts'
import type { JournalRow } from './schema.ts'

export const rowOfEntry = (entry: JournalEntry): JournalRow => ({
  id: entry.id,
  account_id: entry.accountId,
  call_id: entry.callId,
  business_id: entry.businessId,
  staff_id: entry.staffId,
  client_id: entry.clientId,
  direction: entry.direction,
  from_party: entry.from,
  to_party: entry.to,
  status: entry.status,
  rate: entry.rate,
  provider: entry.provider,
  source_id: entry.sourceId,
  external_id: entry.externalId,
  details: JSON.stringify(entry.details),
  handled_by: entry.handledBy,
  handled_at_ms: entry.handledAtMs,
  changes: JSON.stringify(entry.changes),
  recorded_as: entry.recordedAs === null ? null : JSON.stringify(entry.recordedAs),
  created_at_ms: entry.createdAtMs,
  updated_at_ms: entry.updatedAtMs,
})

export const entryOfRow = (row: JournalRow): JournalEntry => ({
  id: row.id as JournalId,
  accountId: row.account_id as AccountId,
  callId: row.call_id as CallId | null,
  businessId: row.business_id,
  staffId: row.staff_id,
  clientId: row.client_id,
  direction: row.direction as Direction,
  from: row.from_party,
  to: row.to_party,
  status: row.status as JournalStatus,
  rate: row.rate,
  provider: row.provider,
  sourceId: row.source_id,
  externalId: row.external_id,
  details: JSON.parse(row.details) as JournalDetails,
  handledBy: row.handled_by,
  handledAtMs: row.handled_at_ms,
  changes: JSON.parse(row.changes) as JournalChange[],
  recordedAs: row.recorded_as === null ? null : (JSON.parse(row.recorded_as) as JournalContent),
  createdAtMs: row.created_at_ms,
  updatedAtMs: row.updated_at_ms,
})
