import { noMessages } from '../core/ports/mailbox.ts'
import type { Store } from '../core/ports/store.ts'
import type { Db } from './schema.ts'

/** The counts that the message lamps of devices show; they go away with their device. */
export function mailboxStore(db: Db): Store['mailboxes'] {
  return {
    async counts(deviceId) {
      const row = await db
        .selectFrom('mailboxes')
        .selectAll()
        .where('device_id', '=', deviceId)
        .executeTakeFirst()
      if (!row) return noMessages
      const { new: fresh, old, urgent_new: urgentNew, urgent_old: urgentOld } = row
      return { new: fresh, old, urgentNew, urgentOld }
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
