import type { AccountId, CallId, DeviceId, VoicemailId } from '../core/ids.ts'
import type { VoicemailRecord, Voicemails } from '../core/ports/voicemail.ts'
import type { Db, VoicemailRow } from './schema.ts'

export function voicemailStore(db: Db): Voicemails {
  const ofDevice = (deviceId: DeviceId) =>
    db.selectFrom('voicemails').selectAll().where('device_id', '=', deviceId)
  return {
    async insert(voicemail) {
      await db.insertInto('voicemails').values(rowOf(voicemail)).execute()
    },
    async get(deviceId, id) {
      const row = await ofDevice(deviceId).where('id', '=', id).executeTakeFirst()
      return row && voicemailOf(row)
    },
    async list(deviceId, limit) {
      const rows = await ofDevice(deviceId)
        .orderBy('received_at_ms', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute()
      return rows.map(voicemailOf)
    },
    async setHeard(id, heard) {
      await db
        .updateTable('voicemails')
        .set({ heard: heard ? 1 : 0 })
        .where('id', '=', id)
        .execute()
    },
    async remove(id) {
      await db.deleteFrom('voicemails').where('id', '=', id).execute()
    },
  }
}

const rowOf = (voicemail: VoicemailRecord): VoicemailRow => ({
  id: voicemail.id,
  account_id: voicemail.accountId,
  device_id: voicemail.deviceId,
  call_id: voicemail.callId,
  from_party: voicemail.from,
  received_at_ms: voicemail.receivedAtMs,
  duration_ms: voicemail.durationMs,
  path: voicemail.path,
  heard: voicemail.heard ? 1 : 0,
  transcript: voicemail.transcript,
})

const voicemailOf = (row: VoicemailRow): VoicemailRecord => ({
  id: row.id as VoicemailId,
  accountId: row.account_id as AccountId,
  deviceId: row.device_id as DeviceId,
  callId: row.call_id as CallId | null,
  from: row.from_party,
  receivedAtMs: row.received_at_ms,
  durationMs: row.duration_ms,
  path: row.path,
  heard: row.heard !== 0,
  transcript: row.transcript,
})
