import { CompiledQuery } from 'kysely'
import { type DeviceOptions, saidDeviceOptions } from '../core/device-options.ts'
import type { AccountId, DeviceId } from '../core/ids.ts'
import type { DeviceRecord, Store } from '../core/ports/store.ts'
import { refusingDuplicates } from './duplicates.ts'
import type { Db, DeviceRow } from './schema.ts'

/** Written out: it is asked for each request of each phone. */
const byUsername = 'select * from devices where username = ?'

export function deviceStore(db: Db): Store['devices'] {
  const all = () => db.selectFrom('devices').selectAll()
  return {
    async insert(device) {
      await refusingDuplicates(`device ${device.username}`, () =>
        db.insertInto('devices').values(rowOfDevice(device)).execute(),
      )
    },
    async get(accountId, id) {
      const row = await all()
        .where('id', '=', id)
        .where('account_id', '=', accountId)
        .executeTakeFirst()
      return row && deviceOfRow(row)
    },
    async byUsername(username) {
      const found = await db.executeQuery<DeviceRow>(CompiledQuery.raw(byUsername, [username]))
      const [row] = found.rows
      return row && deviceOfRow(row)
    },
    async setOptions(id, options) {
      await db
        .updateTable('devices')
        .set({ options: JSON.stringify(saidDeviceOptions(options)) })
        .where('id', '=', id)
        .execute()
    },
    async setPassword(id, { ha1Md5, ha1Sha256 }) {
      await db
        .updateTable('devices')
        .set({ ha1_md5: ha1Md5, ha1_sha256: ha1Sha256 })
        .where('id', '=', id)
        .execute()
    },
    async list(accountId) {
      const rows = await all()
        .where('account_id', '=', accountId)
        .orderBy('created_at_ms')
        .orderBy('username')
        .execute()
      return rows.map(deviceOfRow)
    },
    async count(accountId) {
      const { count } = await db
        .selectFrom('devices')
        .select((select) => select.fn.countAll<number>().as('count'))
        .where('account_id', '=', accountId)
        .executeTakeFirstOrThrow()
      return count
    },
    /** Its registrations go with it. */
    async remove(id) {
      await db.deleteFrom('devices').where('id', '=', id).execute()
    },
  }
}

const rowOfDevice = (device: DeviceRecord): DeviceRow => ({
  id: device.id,
  account_id: device.accountId,
  username: device.username,
  name: device.name,
  ha1_md5: device.ha1Md5,
  ha1_sha256: device.ha1Sha256,
  created_at_ms: device.createdAtMs,
  options: JSON.stringify(saidDeviceOptions(device)),
})

const deviceOfRow = (row: DeviceRow): DeviceRecord => ({
  id: row.id as DeviceId,
  accountId: row.account_id as AccountId,
  username: row.username,
  name: row.name,
  ha1Md5: row.ha1_md5,
  ha1Sha256: row.ha1_sha256,
  createdAtMs: row.created_at_ms,
  ...(row.options === null ? {} : (JSON.parse(row.options) as Partial<DeviceOptions>)),
})
