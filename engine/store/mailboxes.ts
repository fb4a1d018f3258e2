import type { DeviceId } from '../core/ids.ts'
import { noMessages } from '../core/ports/mailbox.ts'
import type { Store } from '../core/ports/store.ts'
import type { Db } from './schema.ts'

/** Messages that were left here, by whether they were heard. */
async function countOwn(db: Db, deviceId: DeviceId): Promise<{ new: number; old: number }> {
  const rows = await db
    .selectFrom('voicemails')
    .select(['heard', (select) => select.fn.countAll<number>().as('count')])
    .where('device_id', '=', deviceId)
    .groupBy('heard')
    .execute()
  const countOf = (heard: number) => rows.find((row) => row.heard === heard)?.count ?? 0
  return { new: countOf(0), old: countOf(1) }
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
      if (!row) return { ...noMessages, ...own }
      const { urgent_new: urgentNew, urgent_old: urgentOld } = row
      return { new: row.new + own.new, old: row.old + own.old, urgentNew, urgentOld }
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
