import type { AccountId, CallId, ConferenceId, RecordingId } from '../core/ids.ts'
import type { RecordingRecord, Store } from '../core/ports/store.ts'
import { countOf, offsetOf } from './paging.ts'
import type { Db, RecordingRow } from './schema.ts'

export function recordingStore(db: Db): Store['recordings'] {
  const all = () => db.selectFrom('recordings').selectAll()
  return {
    async save(recording) {
      const { id, ...rest } = rowOfRecording(recording)
      await db
        .insertInto('recordings')
        .values({ id, ...rest })
        .onConflict((conflict) => conflict.column('id').doUpdateSet(rest))
        .execute()
    },
    async get(accountId, id) {
      const row = await all()
        .where('id', '=', id)
        .where('account_id', '=', accountId)
        .executeTakeFirst()
      return row && recordingOfRow(row)
    },
    async list(accountId, filter) {
      const { callId, conferenceId, status } = filter
      const matching = db
        .selectFrom('recordings')
        .where('account_id', '=', accountId)
        .$if(callId !== undefined, (query) => query.where('call_id', '=', callId!))
        .$if(conferenceId !== undefined, (query) =>
          query.where('conference_id', '=', conferenceId!),
        )
        .$if(status !== undefined, (query) => query.where('status', '=', status!))
      const rows = await matching
        .selectAll()
        .orderBy('created_at_ms', 'desc')
        .orderBy('id', 'desc')
        .limit(filter.pageSize)
        .offset(offsetOf(filter))
        .execute()
      return { recordings: rows.map(recordingOfRow), total: await countOf(matching) }
    },
    async remove(id) {
      await db.transaction().execute(async (tx) => {
        const removed = await tx
          .deleteFrom('recordings')
          .where('id', '=', id)
          .returning('call_id')
          .executeTakeFirst()
        if (!removed?.call_id) return
        await tx
          .updateTable('calls')
          .set({ recording_id: null })
          .where('id', '=', removed.call_id)
          .where('recording_id', '=', id)
          .execute()
      })
    },
    async unfinished() {
      const rows = await all()
        .where('status', '=', 'in-progress')
        .orderBy('created_at_ms')
        .orderBy('id')
        .execute()
      return rows.map(recordingOfRow)
    },
  }
}

const rowOfRecording = (recording: RecordingRecord): RecordingRow => ({
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
})

const recordingOfRow = (row: RecordingRow): RecordingRecord => ({
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
})
