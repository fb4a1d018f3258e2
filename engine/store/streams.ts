import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Db, DeliveryRow } from './schema.ts'

/**
 * What one receiver is told of one call, conference or account: its deliveries go out one after the other.
 * Receivers do not wait for each other.
 */
export const streamOf = (
  row: Pick<DeliveryRow, 'subject_id' | 'renderer' | 'url'> & Partial<DeliveryRow>,
): string =>
  createHash('sha256')
    .update(
      JSON.stringify([row.subject_id, ...(row.webhook_id ? [row.webhook_id] : receiverOf(row))]),
    )
    .digest('base64url')

const receiverOf = ({ renderer, url }: Pick<DeliveryRow, 'renderer' | 'url'>) => [renderer, url]

/**
 * Gives the oldest open delivery of each stream a due time, unless it has one. One statement for each: for several
 * together PostgreSQL may go through the whole table.
 */
export async function makeNextDue(db: Db, streams: Iterable<string>, nowMs: number): Promise<void> {
  for (const stream of streams) {
    await db
      .updateTable('deliveries')
      .set({ due_at_ms: nowMs })
      .where('due_at_ms', 'is', null)
      .where('id', '=', (eb) =>
        eb
          .selectFrom('deliveries')
          .select(eb.fn.min<number>('id').as('oldest'))
          .where('stream', '=', stream)
          .where('state', '=', 'open'),
      )
      .execute()
  }
}

/**
 * Of a delivery that is over: its options may hold a login, which is found where it was given when it is sent again.
 * Those of whom a document wants told stand nowhere else.
 */
export const settledOptions = sql<string | null>`
  case when renderer is null and webhook_id is null then options end`

/** What waits for a webhook that is off is not sent. */
export async function giveUpOpen(
  db: Db,
  webhookId: string | null,
  why: string,
  nowMs: number,
): Promise<void> {
  await db
    .updateTable('deliveries')
    .set({ state: 'dead', due_at_ms: null, settled_at_ms: nowMs, last_error: why, options: null })
    .where('webhook_id', '=', webhookId)
    .where('state', '=', 'open')
    .execute()
}
