import type { TrunkId } from '../core/ids.ts'
import type { TrunkRecord } from '../core/ports/sip.ts'
import type { Store } from '../core/ports/store.ts'
import { saidOptions, type TrunkOptions } from '../core/trunk-options.ts'
import { refusingDuplicates } from './duplicates.ts'
import type { Db, TrunkRow } from './schema.ts'

export function trunkStore(db: Db): Store['trunks'] {
  const all = () => db.selectFrom('trunks').selectAll()
  return {
    async insert(trunk) {
      await refusingDuplicates(`trunk ${trunk.id}`, () =>
        db.insertInto('trunks').values(rowOfTrunk(trunk)).execute(),
      )
    },
    async get(id) {
      const row = await all().where('id', '=', id).executeTakeFirst()
      return row && trunkOfRow(row)
    },
    /** In the order in which they are tried. */
    async list() {
      const rows = await all().orderBy('priority').orderBy('name').orderBy('id').execute()
      return rows.map(trunkOfRow)
    },
    async update(trunk) {
      const { id, ...rest } = rowOfTrunk(trunk)
      await db.updateTable('trunks').set(rest).where('id', '=', id).execute()
    },
    async remove(id) {
      await db.deleteFrom('trunks').where('id', '=', id).execute()
    },
  }
}

const rowOfTrunk = (trunk: TrunkRecord): TrunkRow => ({
  id: trunk.id,
  name: trunk.name,
  host: trunk.host,
  port: trunk.port,
  transport: trunk.transport,
  username: trunk.username,
  password: trunk.password,
  default_caller_id: trunk.defaultCallerId,
  prefixes: JSON.stringify(trunk.prefixes),
  priority: trunk.priority,
  weight: trunk.weight,
  max_calls: trunk.maxCalls,
  max_calls_per_second: trunk.maxCallsPerSecond,
  enabled: trunk.enabled ? 1 : 0,
  options: JSON.stringify(saidOptions(trunk)),
})

const trunkOfRow = (row: TrunkRow): TrunkRecord => ({
  id: row.id as TrunkId,
  name: row.name,
  host: row.host,
  port: row.port,
  transport: row.transport as TrunkRecord['transport'],
  username: row.username,
  password: row.password,
  defaultCallerId: row.default_caller_id,
  prefixes: JSON.parse(row.prefixes) as string[],
  priority: row.priority,
  weight: row.weight,
  maxCalls: row.max_calls,
  maxCallsPerSecond: row.max_calls_per_second,
  enabled: row.enabled !== 0,
  ...(row.options === null ? {} : (JSON.parse(row.options) as Partial<TrunkOptions>)),
})
