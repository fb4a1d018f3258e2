import { type Expression, expressionBuilder, type SqlBool, sql } from 'kysely'
import type { CallRecord } from '../core/call.ts'
import type { Clock } from '../core/clock.ts'
import { Failure } from '../core/failures.ts'
import type { AccountId } from '../core/ids.ts'
import type { Deliveries } from '../core/ports/webhooks.ts'
import { numberToldOf } from '../core/subscriptions.ts'
import { eventOf, readable, recordOfRow, type StoredDelivery } from './delivery-rows.ts'
import type { Db, Tables } from './schema.ts'
import { makeNextDue } from './streams.ts'
import { subscribersOf } from './subscriptions.ts'

/** Sent again at once, at most. */
const redeliveredAtOnce = 1_000

export function deliveryList(
  db: Db,
  clock: Pick<Clock, 'nowMs'>,
  onDeliveries: () => void,
): Deliveries {
  const of = (accountId: AccountId) =>
    db.selectFrom('deliveries').selectAll().where('account_id', '=', accountId)
  return {
    async list(accountId, filter) {
      // The page's ids come from indexes; only its own rows are then read.
      const ids = listedIds(db, accountId, filter)
      const rows = await db
        .selectFrom('deliveries')
        .selectAll()
        .where('id', 'in', ids)
        .orderBy('id', 'desc')
        .execute()
      return rows.map(recordOfRow)
    },
    async get(accountId, id) {
      const row = await of(accountId).where('id', '=', id).executeTakeFirst()
      return row && recordOfRow(row)
    },
    ...sendingAgain(db, clock, onDeliveries),
    async sweep(beforeMs, limit) {
      const old = db
        .selectFrom('deliveries')
        .select('id')
        .where('settled_at_ms', '<', beforeMs)
        .orderBy('settled_at_ms')
        .limit(limit)
      const { numDeletedRows } = await db
        .deleteFrom('deliveries')
        .where('id', 'in', old)
        .executeTakeFirst()
      return Number(numDeletedRows)
    },
  }
}

const states = ['open', 'dead', 'delivered'] as const

/** The newest that fit. Of each state no more than are wanted, so that each is read by an index in its order. */
function listedIds(
  db: Db,
  accountId: AccountId,
  { state, callId, webhookId, before, limit }: Parameters<Deliveries['list']>[1],
) {
  const fitting = db
    .selectFrom('deliveries')
    .select('id')
    .where('account_id', '=', accountId)
    .$if(webhookId !== undefined, (query) => query.where('webhook_id', '=', webhookId!))
    .$if(before !== undefined, (query) => query.where('id', '<', before!))
    .orderBy('id', 'desc')
    .limit(limit)
  if (callId !== undefined) {
    const ofCall = fitting.where('subject_id', '=', callId)
    return state === undefined ? ofCall : ofCall.where('state', '=', state)
  }
  const inState = (name: string) =>
    db.selectFrom(fitting.where('state', '=', name).as(name)).select(`${name}.id`)
  if (state !== undefined) return inState(state)
  const [open, dead, delivered] = states.map(inState)
  return open!.unionAll(dead!).unionAll(delivered!).orderBy('id', 'desc').limit(limit)
}

/** Sending again what is not open. */
function sendingAgain(
  db: Db,
  clock: Pick<Clock, 'nowMs'>,
  onDeliveries: () => void,
): Pick<Deliveries, 'redeliver' | 'redeliverDead'> {
  return {
    async redeliver(accountId, id) {
      const record = await db.transaction().execute(async (transaction) => {
        const row = await transaction
          .selectFrom('deliveries')
          .selectAll()
          .where('account_id', '=', accountId)
          .where('id', '=', id)
          .executeTakeFirst()
        if (row === undefined) throw new Failure('not_found', 'There is no such delivery')
        if (row.state === 'open') return recordOfRow(row)
        if (!(await reopen(transaction, row, clock.nowMs())))
          throw new Failure('webhook_gone', 'Nobody wants to be told of it there any more')
        await makeNextDue(transaction, [row.stream], clock.nowMs())
        const again = transaction.selectFrom('deliveries').selectAll().where('id', '=', id)
        return recordOfRow(await again.executeTakeFirstOrThrow())
      })
      onDeliveries()
      return record
    },
    async redeliverDead(accountId, { host, webhookId }) {
      const count = await db.transaction().execute(async (transaction) => {
        const rows = await transaction
          .selectFrom('deliveries')
          .selectAll()
          .where('account_id', '=', accountId)
          .where('state', '=', 'dead')
          .$if(host !== undefined, (query) => query.where(isAt(host!)))
          .$if(webhookId !== undefined, (query) => query.where('webhook_id', '=', webhookId!))
          .orderBy('id')
          .limit(redeliveredAtOnce)
          .execute()
        const streams = new Set<string>()
        let reopened = 0
        for (const row of rows) {
          if (!(await reopen(transaction, row, clock.nowMs()))) continue
          streams.add(row.stream)
          reopened++
        }
        await makeNextDue(transaction, streams, clock.nowMs())
        return reopened
      })
      if (count > 0) onDeliveries()
      return count
    },
  }
}

/** At that host; at any of its ports when it names none. */
function isAt(host: string): Expression<SqlBool> {
  const eb = expressionBuilder<Tables, 'deliveries'>()
  if (/:\d+$/.test(host)) return eb('host', '=', host)
  const atAnyPort = `${host.replaceAll(/[!%_]/g, '!$&')}:%`
  return eb.or([eb('host', '=', host), sql<SqlBool>`host like ${atAnyPort} escape '!'`])
}

/** Open again, with all its tries; false: whoever asked for it has ended that, or it cannot be read any more. */
async function reopen(db: Db, row: StoredDelivery, nowMs: number): Promise<boolean> {
  if (readable(row) === undefined) return false
  const target = await targetOf(db, row)
  if (target === undefined) return false
  await db
    .updateTable('deliveries')
    .set({
      ...{ state: 'open', attempts: 0, since_ms: nowMs, settled_at_ms: null, last_error: null },
      ...{ answer_status: null, took_ms: null, ...target },
    })
    .where('id', '=', row.id)
    .where('state', '!=', 'open')
    .execute()
  return true
}

type Target = Partial<Pick<StoredDelivery, 'url' | 'host' | 'options'>>

/** Where it goes now: what was asked for may have been changed or ended since. */
async function targetOf(db: Db, row: StoredDelivery): Promise<Target | undefined> {
  if (row.webhook_id !== null) {
    const webhook = await db
      .selectFrom('webhooks')
      .select(['url', 'options', 'enabled'])
      .where('id', '=', row.webhook_id)
      .executeTakeFirst()
    if (webhook === undefined || webhook.enabled === 0) return undefined
    const { url, options } = webhook
    return { url, options, host: URL.parse(url)?.host ?? '' }
  }
  if (row.renderer === null) return {}
  const call = JSON.parse(row.snapshot) as CallRecord
  const event = eventOf(row)
  const number = event.callId === null ? undefined : numberToldOf(call, event.type as never)
  const subscribers = number === undefined ? [] : await subscribersOf(db, call, number)
  const found = subscribers.find(({ dialect, url }) => dialect === row.renderer && url === row.url)
  return found && { options: found.options }
}
