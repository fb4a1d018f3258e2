import { type CallRecord, callStatuses, isFinal } from '../core/call.ts'
import type { Store } from '../core/ports/store.ts'
import { callOfRow } from './call-rows.ts'
import type { Db } from './schema.ts'

export const liveStatuses = callStatuses.filter((status) => !isFinal(status))

/** Calls as the phones see them that have a leg of them. */
export function deviceCalls(db: Db): Pick<Store['calls'], 'ofDevice' | 'liveOfDevices'> {
  const liveOfDevices: Store['calls']['liveOfDevices'] = async (accountId) => {
    const rows = await db
      .selectFrom('calls')
      .selectAll()
      .where('account_id', '=', accountId)
      .where('status', 'in', [...liveStatuses])
      .where('device_id', 'is not', null)
      .execute()
    return rows.map(callOfRow)
  }
  return {
    liveOfDevices,
    async ofDevice(accountId, deviceId, limit) {
      // by their status: to look for them among all that the device ever had takes longer each year
      const live = (await liveOfDevices(accountId)).filter((call) => call.deviceId === deviceId)
      const newest = await db
        .selectFrom('calls')
        .selectAll()
        .where('device_id', '=', deviceId)
        .orderBy('begin_ms', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute()
      const calls = new Map([...live, ...newest.map(callOfRow)].map((call) => [call.id, call]))
      return [...calls.values()].sort(byBeginning)
    },
  }
}

const beginOf = (call: CallRecord): number => call.startedAtMs ?? call.createdAtMs
const byBeginning = (a: CallRecord, b: CallRecord): number =>
  beginOf(b) - beginOf(a) || (a.id < b.id ? 1 : -1)
