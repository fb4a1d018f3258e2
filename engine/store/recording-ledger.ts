import { DatabaseSync } from 'node:sqlite'
import type { AccountId, RecordingId } from '../core/ids.ts'
import type { RecordingRecord } from '../core/ports/recordings.ts'
import type { ChainEntry } from '../core/recording-chain.ts'
import { askPostgres, isPostgres } from './postgres/open.ts'
import { entryOfRow } from './recording-chain.ts'
import { recordingOfRow } from './recording-rows.ts'
import type { RecordingChainRow, RecordingRow } from './schema.ts'

/** The recordings and their chains, read beside an engine that may be running, or from a copy of its database. */
export interface RecordingLedger {
  accounts(): Promise<AccountId[]>
  entries(accountId: AccountId, after: number, limit: number): Promise<ChainEntry[]>
  /** By id; those that are being deleted too. `isSettled`: nothing is being done with it. */
  recordings(
    accountId: AccountId,
    after: string,
    limit: number,
  ): Promise<{ recording: RecordingRecord; isSettled: boolean }[]>
  close(): void
}

type Ask = (question: string) => Promise<readonly unknown[]>

/** Rejects with an Error of one line: unreachable, no such file, refused. */
export function openRecordingLedger(place: string): RecordingLedger {
  if (isPostgres(place))
    return ledger(
      (question) => askPostgres(place, question),
      () => undefined,
    )
  const file = new DatabaseSync(place, { readOnly: true })
  return ledger(
    async (question) => file.prepare(question).all(),
    () => file.close(),
  )
}

function ledger(ask: Ask, close: () => void): RecordingLedger {
  return {
    async accounts() {
      const rows = await ask('select id from accounts order by ordinal')
      return rows.map((row) => (row as { id: AccountId }).id)
    },
    async entries(accountId, after, limit) {
      const rows = await ask(
        `select * from recording_chain where account_id = ${quoted(accountId)}
         and sequence > ${Number(after)} order by sequence limit ${Number(limit)}`,
      )
      return rows.map((row) => {
        const { sequence, at_ms, ...rest } = row as RecordingChainRow
        return entryOfRow({ ...rest, sequence: Number(sequence), at_ms: Number(at_ms) })
      })
    },
    async recordings(accountId, after, limit) {
      const rows = await ask(
        `select * from recordings where account_id = ${quoted(accountId)}
         and id > ${quoted(after)} order by id limit ${Number(limit)}`,
      )
      return (rows as RecordingRow[]).map((row) => ({
        recording: recordingOfRow(row),
        isSettled: row.unsettled === null,
      }))
    },
    close,
  }
}

/** Ids alone: nothing else comes in here. */
function quoted(id: AccountId | RecordingId | string): string {
  if (!/^[0-9a-f-]*$/.test(id)) throw new Error('not an id')
  return `'${id}'`
}
