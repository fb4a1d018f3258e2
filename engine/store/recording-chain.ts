import { sql } from 'kysely'
import type { AccountId, RecordingId } from '../core/ids.ts'
import {
  type ChainDraft,
  type ChainEntry,
  type ChainHead,
  type ChainKind,
  isNewDay,
  nextEntry,
  type SignEntry,
} from '../core/recording-chain.ts'
import type { Db, RecordingChainRow } from './schema.ts'

/**
 * Adds entries to the account's chain inside the caller's transaction; before the first one of a new day the day before
 * is closed. Returns the head.
 */
export async function appendToChain(
  db: Db,
  accountId: AccountId,
  drafts: readonly ChainDraft[],
  sign: SignEntry,
): Promise<ChainHead | undefined> {
  // Nobody else of this account may read the head meanwhile.
  await db
    .updateTable('accounts')
    .set((eb) => ({ last_sequence: eb.ref('last_sequence') }))
    .where('id', '=', accountId)
    .execute()
  let head = await headOfChain(db, accountId)
  for (const draft of drafts) {
    const closing = isNewDay(head, draft.atMs) ? await closingOf(db, accountId, head, draft) : []
    for (const one of [...closing, draft]) {
      const entry = nextEntry(accountId, head, one, sign)
      await db.insertInto('recording_chain').values(rowOfEntry(entry)).execute()
      head = entry
    }
  }
  return head
}

/** The end of the head's day: how many entries that had, and the end of the day before it. Dated at its last moment. */
async function closingOf(
  db: Db,
  accountId: AccountId,
  head: ChainHead,
  next: ChainDraft,
): Promise<ChainDraft[]> {
  const before = await db
    .selectFrom('recording_chain')
    .select(['sequence', 'hash'])
    .where('account_id', '=', accountId)
    // Written out, so that the index of what is closed serves it.
    .where(sql<boolean>`kind = 'closed'`)
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst()
  // Days follow each other, and each begins behind the end of the last.
  const entries = head.sequence - (before?.sequence ?? 0)
  const endMs = Date.parse(`${head.day}T23:59:59.999Z`)
  const data = { day: head.day, entries, dayBefore: before?.hash ?? null }
  const atMs = Math.min(endMs, next.atMs)
  return [{ kind: 'closed', recordingId: null, atMs, data }]
}

export async function headOfChain(db: Db, accountId: AccountId): Promise<ChainHead | undefined> {
  return db
    .selectFrom('recording_chain')
    .select(['sequence', 'day', 'hash'])
    .where('account_id', '=', accountId)
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst()
}

/** Those after that number, in order. */
export async function entriesOfChain(
  db: Db,
  accountId: AccountId,
  after: number,
  limit: number,
): Promise<ChainEntry[]> {
  const rows = await db
    .selectFrom('recording_chain')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('sequence', '>', after)
    .orderBy('sequence')
    .limit(limit)
    .execute()
  return rows.map(entryOfRow)
}

const rowOfEntry = (entry: ChainEntry): RecordingChainRow => ({
  account_id: entry.accountId,
  sequence: entry.sequence,
  day: entry.day,
  kind: entry.kind,
  recording_id: entry.recordingId,
  at_ms: entry.atMs,
  data: entry.data,
  previous: entry.previous,
  hash: entry.hash,
  signature: entry.signature,
})

export const entryOfRow = (row: RecordingChainRow): ChainEntry => ({
  accountId: row.account_id as AccountId,
  sequence: row.sequence,
  day: row.day,
  kind: row.kind as ChainKind,
  recordingId: row.recording_id as RecordingId | null,
  atMs: row.at_ms,
  data: row.data,
  previous: row.previous,
  hash: row.hash,
  signature: row.signature,
})
