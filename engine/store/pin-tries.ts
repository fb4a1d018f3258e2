import type { Clock } from '../core/clock.ts'
import type { PinTries, PinTriesStore } from '../core/ports/pin-tries.ts'
import { portionsOf } from './portions.ts'
import type { Db, PinTriesRow } from './schema.ts'

/** What is forgotten goes with the next wrong PIN, whoever enters it. */
export function pinTriesStore(db: Db, clock: Pick<Clock, 'nowMs'>): PinTriesStore {
  return {
    async get(key) {
      const row = await rowOf(db, key)
      return row && triesOf(row)
    },
    async ofAll(keys) {
      const all = new Map<string, PinTries>()
      for (const some of portionsOf(keys)) {
        const query = db.selectFrom('pin_tries').selectAll().where('key', 'in', some)
        for (const row of await query.execute()) all.set(row.key, triesOf(row))
      }
      return all
    },
    change: (key, change) =>
      db.transaction().execute(async (transaction) => {
        await transaction
          .deleteFrom('pin_tries')
          .where('forgotten_at_ms', '<=', clock.nowMs())
          .execute()
        const row = await rowOf(transaction, key)
        const after = change(row && triesOf(row))
        const columns = {
          ...{ wrong: after.wrong, locks: after.locks, at_ms: after.atMs },
          forgotten_at_ms: after.forgottenAtMs,
        }
        await transaction
          .insertInto('pin_tries')
          .values({ key, ...columns })
          .onConflict((conflict) => conflict.column('key').doUpdateSet(columns))
          .execute()
        return after
      }),
    async remove(key) {
      await db.deleteFrom('pin_tries').where('key', '=', key).execute()
    },
  }
}

const rowOf = (db: Db, key: string): Promise<PinTriesRow | undefined> =>
  db.selectFrom('pin_tries').selectAll().where('key', '=', key).executeTakeFirst()

const triesOf = ({ wrong, locks, at_ms, forgotten_at_ms }: PinTriesRow): PinTries => ({
  ...{ wrong, locks, atMs: at_ms, forgottenAtMs: forgotten_at_ms },
})
