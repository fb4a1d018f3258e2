import type { AccountId } from '../core/ids.ts'
import type { IdempotentRequest, IdempotentRequests } from '../core/ports/idempotency.ts'
import { countOf } from './paging.ts'
import type { Db, IdempotencyRow } from './schema.ts'

export function idempotencyStore(db: Db): IdempotentRequests {
  return {
    async begin(request) {
      const row = rowOf(request)
      const { numInsertedOrUpdatedRows = 0n } = await db
        .insertInto('idempotency_keys')
        .values(row)
        .onConflict((conflict) => conflict.columns(['account_id', 'key_hash']).doNothing())
        .executeTakeFirstOrThrow()
      if (numInsertedOrUpdatedRows > 0n) return undefined
      const stored = await db
        .selectFrom('idempotency_keys')
        .selectAll()
        .where('account_id', '=', row.account_id)
        .where('key_hash', '=', row.key_hash)
        .executeTakeFirst()
      // It may have been forgotten between the two.
      return stored ? requestOf(stored) : this.begin(request)
    },
    async finish({ accountId, keyHash }, reply) {
      await db
        .updateTable('idempotency_keys')
        .set({ reply })
        .where('account_id', '=', accountId)
        .where('key_hash', '=', keyHash)
        .execute()
    },
    async forget({ accountId, keyHash }) {
      await db
        .deleteFrom('idempotency_keys')
        .where('account_id', '=', accountId)
        .where('key_hash', '=', keyHash)
        .execute()
    },
    count: (accountId) =>
      countOf(db.selectFrom('idempotency_keys').where('account_id', '=', accountId)),
    async sweep(beforeMs, limit) {
      const old = await db
        .selectFrom('idempotency_keys')
        .select(['account_id', 'key_hash'])
        .where('created_at_ms', '<', beforeMs)
        .orderBy('created_at_ms')
        .limit(limit)
        .execute()
      await db.transaction().execute(async (transaction) => {
        for (const { account_id, key_hash } of old) {
          await transaction
            .deleteFrom('idempotency_keys')
            .where('account_id', '=', account_id)
            .where('key_hash', '=', key_hash)
            .where('created_at_ms', '<', beforeMs)
            .execute()
        }
      })
      return old.length
    },
  }
}

const rowOf = (request: IdempotentRequest): IdempotencyRow => ({
  account_id: request.accountId,
  key_hash: request.keyHash,
  operation: request.operation,
  request_hash: request.requestHash,
  resource_id: request.resourceId,
  created_at_ms: request.createdAtMs,
  reply: request.reply,
})

const requestOf = (row: IdempotencyRow): IdempotentRequest => ({
  accountId: row.account_id as AccountId,
  keyHash: row.key_hash,
  operation: row.operation,
  requestHash: row.request_hash,
  resourceId: row.resource_id,
  createdAtMs: row.created_at_ms,
  reply: row.reply,
})
