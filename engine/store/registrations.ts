import { CompiledQuery } from 'kysely'
import type { AccountId, DeviceId } from '../core/ids.ts'
import type { RegistrationRecord } from '../core/ports/registrations.ts'
import type { Store } from '../core/ports/store.ts'
import { GroupedWrites } from './grouped-writes.ts'
import type { Db, DeviceRow, RegistrationRow } from './schema.ts'

type JoinedRow = RegistrationRow & Pick<DeviceRow, 'account_id' | 'username'>

const columns = [
  'device_id',
  'contact',
  'source',
  'user_agent',
  'sip_call_id',
  'cseq',
  'expires_at_ms',
  'registered_at_ms',
  'q',
  'path',
  'instance',
  'reg_id',
] as const satisfies readonly (keyof RegistrationRow)[]

/** Written out: building it anew for each of thousands of REGISTERs costs more than carrying it out. */
const upsert = `insert into registrations (${columns.join(', ')})
  values (${columns.map(() => '?').join(', ')})
  on conflict (device_id, contact) do update set
  ${columns
    .slice(2)
    .map((column) => `${column} = excluded.${column}`)
    .join(', ')}`
const removal = 'delete from registrations where device_id = ? and contact = ?'

/**
 * Bindings of contacts to devices: restored at start, so that phones are reachable at once. What is written
 * in one turn of the event loop is one transaction, in the order of the calls.
 */
export function registrationStore(db: Db): Store['registrations'] {
  const writes = new GroupedWrites(db)
  return {
    save(registration) {
      const row = rowOfRegistration(registration)
      return writes.add(
        CompiledQuery.raw(
          upsert,
          columns.map((column) => row[column]),
        ),
      )
    },
    remove: (deviceId, contact) => writes.add(CompiledQuery.raw(removal, [deviceId, contact])),
    async all() {
      const rows = await db
        .selectFrom('registrations')
        .innerJoin('devices', 'devices.id', 'registrations.device_id')
        .selectAll('registrations')
        .select(['devices.account_id', 'devices.username'])
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
  registered_at_ms: registration.registeredAtMs,
  q: registration.q,
  path: registration.path.length === 0 ? '[]' : JSON.stringify(registration.path),
  instance: registration.flow?.instance ?? null,
  reg_id: registration.flow?.regId ?? null,
})

const registrationOfRow = (row: JoinedRow): RegistrationRecord => ({
  deviceId: row.device_id as DeviceId,
  accountId: row.account_id as AccountId,
  username: row.username,
  contact: row.contact,
  source: row.source,
  userAgent: row.user_agent,
  q: row.q,
  path: row.path === '[]' ? noPath : JSON.parse(row.path),
  flow:
    row.instance === null || row.reg_id === null
      ? null
      : { instance: row.instance, regId: row.reg_id },
  sipCallId: row.sip_call_id,
  cseq: row.cseq,
  registeredAtMs: row.registered_at_ms,
  expiresAtMs: row.expires_at_ms,
})

const noPath: readonly string[] = []
