import type { AccountId, CallId, QueueId } from '../core/ids.ts'
import type { Queues } from '../core/ports/queues.ts'
import {
  freshFigures,
  freshTally,
  plainAgent,
  plainQueue,
  type QueueAgent,
  type QueueFigures,
  type QueueOptions,
  type QueueRecord,
} from '../core/queue.ts'
import { refusingDuplicates } from './duplicates.ts'
import { appendAccountEvents, sweeper, usuallyKept } from './events.ts'
import type { Db, QueueRow } from './schema.ts'

export function queueStore(
  db: Db,
  onEvents: (accountId: AccountId) => void,
  keptEvents = usuallyKept,
): Queues {
  const sweep = sweeper(keptEvents)
  return {
    async save(queue, { entered, left, events = [] } = {}) {
      await refusingDuplicates(
        `a queue ${queue.name}`,
        () =>
          db.transaction().execute(async (transaction) => {
            await saveRow(transaction, queue)
            if (left !== undefined) {
              await transaction.deleteFrom('queue_waits').where('call_id', '=', left).execute()
            }
            if (entered) {
              const { callId: call_id, enteredAtMs: entered_at_ms } = entered
              const values = { call_id, queue_id: queue.id, account_id: queue.accountId }
              await transaction
                .insertInto('queue_waits')
                .values({ ...values, entered_at_ms })
                .execute()
            }
            await appendAccountEvents(transaction, queue.accountId, events)
            await sweep(transaction, queue.accountId, events.length)
          }),
        'name',
      )
      if (events.length > 0) onEvents(queue.accountId)
    },
    async remove(queue, events) {
      await db.transaction().execute(async (transaction) => {
        await transaction.deleteFrom('queue_waits').where('queue_id', '=', queue.id).execute()
        await transaction.deleteFrom('queues').where('id', '=', queue.id).execute()
        await appendAccountEvents(transaction, queue.accountId, events)
      })
      onEvents(queue.accountId)
    },
    async all() {
      const rows = await db
        .selectFrom('queues')
        .selectAll()
        .where('account_id', 'in', db.selectFrom('accounts').select('id'))
        .orderBy('created_at_ms')
        .orderBy('id')
        .execute()
      return rows.map(queueOfRow)
    },
    async unfinished() {
      const rows = await db
        .selectFrom('queue_waits')
        .selectAll()
        .orderBy('entered_at_ms')
        .orderBy('call_id')
        .execute()
      return rows.map((row) => ({
        callId: row.call_id as CallId,
        queueId: row.queue_id as QueueId,
        accountId: row.account_id as AccountId,
        enteredAtMs: row.entered_at_ms,
      }))
    },
  }
}

async function saveRow(db: Db, queue: QueueRecord): Promise<void> {
  const { id, account_id, ...rest } = rowOf(queue)
  await db
    .insertInto('queues')
    .values({ id, account_id, ...rest })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(rest))
    .execute()
}

const rowOf = (queue: QueueRecord): QueueRow => ({
  id: queue.id,
  account_id: queue.accountId,
  name: queue.name,
  options: JSON.stringify(queue.options),
  agents: JSON.stringify(queue.agents),
  figures: JSON.stringify(queue.figures),
  created_at_ms: queue.createdAtMs,
})

/** What there was not yet when it was stored is as nobody has said. */
function queueOfRow(row: QueueRow): QueueRecord {
  const agents = JSON.parse(row.agents) as QueueAgent[]
  return {
    id: row.id as QueueId,
    accountId: row.account_id as AccountId,
    name: row.name,
    options: { ...plainQueue, ...(JSON.parse(row.options) as Partial<QueueOptions>) },
    agents: agents.map((agent) => ({
      ...plainAgent,
      ...agent,
      tally: { ...freshTally, ...agent.tally },
    })),
    figures: {
      ...freshFigures(row.created_at_ms),
      ...(JSON.parse(row.figures) as Partial<QueueFigures>),
    },
    createdAtMs: row.created_at_ms,
  }
}
