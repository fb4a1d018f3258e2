import type { DeviceId } from '../core/ids.ts'
import { type MessageCounts, noMessages } from '../core/ports/mailbox.ts'
import type { Store } from '../core/ports/store.ts'
import type { Db } from './schema.ts'
import { countsOfBox } from './voicemail-counts.ts'

/** Messages in the device's own box. */
async function countOwn(db: Db, deviceId: DeviceId): Promise<MessageCounts> {
  const served = await db
    .selectFrom('voicemail_box_devices')
    .select('box_id')
    .where('device_id', '=', deviceId)
    .executeTakeFirst()
  return served ? countsOfBox(db, served.box_id) : noMessages
}

/** The counts that the message lamps of devices show; they go away with their device. */
export function mailboxStore(db: Db): Store['mailboxes'] {
  return {
    async counts(deviceId) {
      const row = await db
        .selectFrom('mailboxes')
        .selectAll()
        .where('device_id', '=', deviceId)
        .executeTakeFirst()
      const own = await countOwn(db, deviceId)
      if (!row) return own
      return {
        new: row.new + own.new,
        old: row.old + own.old,
        urgentNew: row.urgent_new + own.urgentNew,
        urgentOld: row.urgent_old + own.urgentOld,
      }
    },
    async set(deviceId, { new: fresh, old, urgentNew, urgentOld }, atMs) {
      const row = {
        ...{ new: fresh, old, urgent_new: urgentNew, urgent_old: urgentOld },
        updated_at_ms: atMs,
      }
      await db
        .insertInto('mailboxes')
        .values({ device_id: deviceId, ...row })
        .onConflict((conflict) => conflict.column('device_id').doUpdateSet(row))
        .execute()
    },
  }
}
