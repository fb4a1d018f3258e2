import { type CallRecord, callStatuses, isFinal } from '../core/call.ts'
import type { Store } from '../core/ports/store.ts'
import { callOfRow } from './call-rows.ts'
import type { Db } from './schema.ts'

export const liveStatuses = callStatuses.filter((status) => !isFinal(status))

/** Calls as the phones see them that have a leg of them. */
export function deviceCalls(db: Db): Pick<Store['calls'], 'ofDevice' | 'liveOfDevices'> {
  return {
    async ofDevice(deviceId, limit) {
      const own = db.selectFrom('calls').selectAll().where('device_id', '=', deviceId)
      const live = await own.where('status', 'in', [...liveStatuses]).execute()
      const newest = await own
        .orderBy('begin_ms', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute()
      const rows = new Map([...live, ...newest].map((row) => [row.id, row]))
      return [...rows.values()].map(callOfRow).sort(byBeginning)
    },
    async liveOfDevices(accountId) {
      const rows = await db
        .selectFrom('calls')
        .selectAll()
        .where('account_id', '=', accountId)
        .where('status', 'in', [...liveStatuses])
        .where('device_id', 'is not', null)
        .execute()
      return rows.map(callOfRow)
    },
  }
}

const beginOf = (call: CallRecord): number => call.startedAtMs ?? call.createdAtMs
const byBeginning = (a: CallRecord, b: CallRecord): number =>
  beginOf(b) - beginOf(a) || (a.id < b.id ? 1 : -1)
