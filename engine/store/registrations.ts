import type { DeviceId } from '../core/ids.ts'
import type { RegistrationRecord, Store } from '../core/ports/store.ts'
import type { Db, RegistrationRow } from './schema.ts'

/** Bindings of contacts to devices: restored at start, so that phones are reachable at once. */
export function registrationStore(db: Db): Store['registrations'] {
  return {
    async save(registration) {
      const row = rowOfRegistration(registration)
      const { device_id: _device, contact: _contact, ...rest } = row
      await db
        .insertInto('registrations')
        .values(row)
        .onConflict((conflict) => conflict.columns(['device_id', 'contact']).doUpdateSet(rest))
        .execute()
    },
    async remove(deviceId, contact) {
      await db
        .deleteFrom('registrations')
        .where('device_id', '=', deviceId)
        .where('contact', '=', contact)
        .execute()
    },
    async all() {
      const rows = await db
        .selectFrom('registrations')
        .selectAll()
        .orderBy('device_id')
        .orderBy('contact')
        .execute()
      return rows.map(registrationOfRow)
    },
  }
}

const rowOfRegistration = (registration: RegistrationRecord): RegistrationRow => ({
  device_id: registration.deviceId,
  contact: registration.contact,
  source: registration.source,
  user_agent: registration.userAgent,
  sip_call_id: registration.sipCallId,
  cseq: registration.cseq,
  expires_at_ms: registration.expiresAtMs,
})

const registrationOfRow = (row: RegistrationRow): RegistrationRecord => ({
  deviceId: row.device_id as DeviceId,
  contact: row.contact,
  source: row.source,
  userAgent: row.user_agent,
  sipCallId: row.sip_call_id,
  cseq: row.cseq,
  expiresAtMs: row.expires_at_ms,
})
