import type { CallRecord } from '../core/call.ts'
import { Failure } from '../core/failures.ts'
import type { AccountId } from '../core/ids.ts'
import type { Store } from '../core/ports/store.ts'
import type { Subscription, SubscriptionKey } from '../core/subscriptions.ts'
import type { Db, SubscriptionRow } from './schema.ts'

export function subscriptionStore(db: Db): Store['subscriptions'] {
  return {
    async set(subscription) {
      const { url, options, created_at_ms, ...key } = rowOf(subscription)
      await db.transaction().execute(async (transaction) => {
        await requireNumber(transaction, subscription)
        await transaction
          .insertInto('subscriptions')
          .values({ ...key, url, options, created_at_ms })
          .onConflict((conflict) =>
            conflict
              .columns(['account_id', 'number', 'direction', 'dialect'])
              .doUpdateSet({ url, options, created_at_ms }),
          )
          .execute()
      })
    },
    async remove(subscription) {
      const { accountId, dialect, number, direction } = subscription
      await db.transaction().execute(async (transaction) => {
        await transaction
          .deleteFrom('subscriptions')
          .where('account_id', '=', accountId)
          .where('number', '=', number)
          .where('direction', '=', direction)
          .where('dialect', '=', dialect)
          .execute()
        await dropOpen(transaction, subscription)
      })
    },
    async ofNumber(accountId, number) {
      const rows = await db
        .selectFrom('subscriptions')
        .selectAll()
        .where('account_id', '=', accountId)
        .where('number', '=', number)
        .orderBy('direction')
        .orderBy('dialect')
        .execute()
      return rows.map(recordOf)
    },
  }
}

/** Who wants to be told no more is not told what is still under way either. */
async function dropOpen(
  db: Db,
  { accountId, dialect, number, direction }: SubscriptionKey,
): Promise<void> {
  const calls = db
    .selectFrom('calls')
    .select('id')
    .where('account_id', '=', accountId)
    .where('direction', '=', direction)
    .where(direction === 'outbound' ? 'from_party' : 'to_party', '=', number)
  await db
    .deleteFrom('deliveries')
    .where('account_id', '=', accountId)
    .where('renderer', '=', dialect)
    .where('state', '=', 'open')
    .where('webhook_id', 'is', null)
    .where('subject_id', 'in', calls)
    .execute()
}

async function requireNumber(db: Db, { accountId, number }: Subscription): Promise<void> {
  const owned = await db
    .selectFrom('numbers')
    .select('id')
    .where('number', '=', number)
    .where('account_id', '=', accountId)
    .executeTakeFirst()
  if (owned !== undefined) return
  throw new Failure('from_not_owned', `${number} is not a number of this account`)
}

/** Who is told of the calls that this number makes or gets, each way one; one range of the key. */
export async function subscribersOf(
  db: Db,
  { accountId, direction }: Pick<CallRecord, 'accountId' | 'direction'>,
  number: string,
): Promise<readonly Pick<SubscriptionRow, 'dialect' | 'url' | 'options'>[]> {
  return db
    .selectFrom('subscriptions')
    .select(['dialect', 'url', 'options'])
    .where('account_id', '=', accountId)
    .where('number', '=', number)
    .where('direction', '=', direction)
    .orderBy('dialect')
    .execute()
}

const rowOf = (subscription: Subscription): SubscriptionRow => ({
  account_id: subscription.accountId,
  number: subscription.number,
  direction: subscription.direction,
  dialect: subscription.dialect,
  url: subscription.url,
  options: JSON.stringify(subscription.options),
  created_at_ms: subscription.createdAtMs,
})

const recordOf = (row: SubscriptionRow): Subscription => ({
  accountId: row.account_id as AccountId,
  number: row.number,
  direction: row.direction === 'inbound' ? 'inbound' : 'outbound',
  dialect: row.dialect,
  url: row.url,
  options: JSON.parse(row.options) as unknown,
  createdAtMs: row.created_at_ms,
})
