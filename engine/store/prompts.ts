import type { AccountId, PromptId } from '../core/ids.ts'
import type { PromptFormat, PromptRecord, PromptStore } from '../core/ports/prompts.ts'
import { refusingDuplicates } from './duplicates.ts'
import type { Db, PromptRow } from './schema.ts'

export function promptStore(db: Db): PromptStore {
  const of = (accountId: AccountId) => db.selectFrom('prompts').where('account_id', '=', accountId)
  return {
    async insert(prompt) {
      const write = () => db.insertInto('prompts').values(rowOf(prompt)).execute()
      await refusingDuplicates(`prompt ${prompt.name}`, write, 'name')
    },
    async update(prompt) {
      const { id, account_id, ...changes } = rowOf(prompt)
      const write = () =>
        db
          .updateTable('prompts')
          .set(changes)
          .where('account_id', '=', account_id)
          .where('id', '=', id)
          .execute()
      await refusingDuplicates(`prompt ${prompt.name}`, write, 'name')
    },
    async get(accountId, id) {
      const row = await of(accountId).selectAll().where('id', '=', id).executeTakeFirst()
      return row && recordOf(row)
    },
    async named(accountId, name) {
      const row = await of(accountId).selectAll().where('name', '=', name).executeTakeFirst()
      return row && recordOf(row)
    },
    async list(accountId, { page, pageSize }) {
      const [rows, { count }] = await Promise.all([
        of(accountId)
          .selectAll()
          .orderBy('name')
          .limit(pageSize)
          .offset((page - 1) * pageSize)
          .execute(),
        this.usage(accountId),
      ])
      return { prompts: rows.map(recordOf), total: count }
    },
    async usage(accountId) {
      const { count, bytes } = await of(accountId)
        .select(({ fn }) => [fn.countAll().as('count'), fn.sum('bytes').as('bytes')])
        .executeTakeFirstOrThrow()
      return { count: Number(count), bytes: Number(bytes ?? 0) }
    },
    async remove(accountId, id) {
      await db
        .deleteFrom('prompts')
        .where('account_id', '=', accountId)
        .where('id', '=', id)
        .execute()
    },
  }
}

const rowOf = (prompt: PromptRecord): PromptRow => ({
  id: prompt.id,
  account_id: prompt.accountId,
  name: prompt.name,
  format: prompt.format,
  rate_hz: prompt.rateHz,
  duration_ms: prompt.durationMs,
  centi_lufs: prompt.lufs === null ? null : Math.round(prompt.lufs * 100),
  bytes: prompt.bytes,
  file: prompt.file,
  created_at_ms: prompt.createdAtMs,
  updated_at_ms: prompt.updatedAtMs,
})

const recordOf = (row: PromptRow): PromptRecord => ({
  id: row.id as PromptId,
  accountId: row.account_id as AccountId,
  name: row.name,
  format: row.format as PromptFormat,
  rateHz: row.rate_hz,
  durationMs: row.duration_ms,
  lufs: row.centi_lufs === null ? null : row.centi_lufs / 100,
  bytes: row.bytes,
  file: row.file,
  createdAtMs: row.created_at_ms,
  updatedAtMs: row.updated_at_ms,
})
