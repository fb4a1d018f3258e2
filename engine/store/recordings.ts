import type { AccountId, RecordingId } from '../core/ids.ts'
import type { RecordingRecord, Recordings } from '../core/ports/recordings.ts'
import type { SignEntry } from '../core/recording-chain.ts'
import { usuallyKept } from './events.ts'
import { appendToChain, entriesOfChain, headOfChain } from './recording-chain.ts'
import { recordingList } from './recording-list.ts'
import { columnsOfChange, recordingOfRow, rowOfRecording } from './recording-rows.ts'
import { recordingSettingsStore } from './recording-settings.ts'
import { type Telling, telling } from './recording-telling.ts'
import { keptRecordings } from './recordings-kept.ts'
import type { Db } from './schema.ts'
import { Tallies } from './tallies.ts'

const unsigned: SignEntry = () => ''

/** `sign`: signs each entry of a chain. `onTold`: an event of the account is there, and perhaps somebody who is told of it. */
export function recordingStore(
  db: Db,
  sign: SignEntry = unsigned,
  onTold: (accountId: AccountId) => void = () => undefined,
  keptEvents = usuallyKept,
): Recordings {
  const all = () => db.selectFrom('recordings').selectAll()
  const there = (accountId: AccountId) =>
    db
      .selectFrom('recordings')
      .where('account_id', '=', accountId)
      .where('deleting_at_ms', 'is', null)
  const tallies = new Tallies(db, 'recordings.created_at_ms')
  const tell = telling(onTold, keptEvents)
  return {
    settings: recordingSettingsStore(db),
    chain: {
      head: (accountId) => headOfChain(db, accountId),
      entries: (accountId, after, limit) => entriesOfChain(db, accountId, after, limit),
      async setBack(accountId, known, atMs) {
        const data = { sequence: known.sequence, hash: known.hash }
        const draft = { kind: 'set-back', recordingId: null, atMs, data } as const
        await db.transaction().execute((tx) => appendToChain(tx, accountId, [draft], sign))
      },
    },
    ...keptRecordings(db, sign, tallies, tell),
    save: (recording) =>
      tallies.told(recording.accountId, saveRecording(db, recording), () => [
        recording.createdAtMs,
      ]),
    async amend(id, change) {
      const columns = columnsOfChange(change)
      if (Object.keys(columns).length === 0) return
      await db.updateTable('recordings').set(columns).where('id', '=', id).execute()
    },
    transcribed: amendedAndTold(db, tell),
    async get(accountId, id) {
      const row = await there(accountId).selectAll().where('id', '=', id).executeTakeFirst()
      return row && recordingOfRow(row)
    },
    list: recordingList(db, tallies),
    async remove(id) {
      const row = await db
        .selectFrom('recordings')
        .select(['account_id', 'created_at_ms'])
        .where('id', '=', id)
        .executeTakeFirst()
      if (row === undefined) return
      const removal = db.transaction().execute((tx) => removeRecording(tx, id))
      await tallies.told(row.account_id as AccountId, removal, () => [row.created_at_ms])
    },
    async toTranscribe(limit) {
      const rows = await all()
        .where('transcript_status', '=', 'pending')
        .where('status', '=', 'completed')
        .where('deleting_at_ms', 'is', null)
        .orderBy('created_at_ms')
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map(recordingOfRow)
    },
    async unfinished() {
      const rows = await all()
        .where('status', '=', 'in-progress')
        .orderBy('created_at_ms')
        .orderBy('id')
        .execute()
      return rows.map(recordingOfRow)
    },
  }
}

/** A change with the event that tells it. */
function amendedAndTold(db: Db, { append, onTold }: Telling): Recordings['transcribed'] {
  return async ({ id, accountId }, change, event) => {
    const isThere = await db.transaction().execute(async (tx) => {
      const { numUpdatedRows: amended } = await tx
        .updateTable('recordings')
        .set(columnsOfChange(change))
        .where('id', '=', id)
        .where('account_id', '=', accountId)
        .where('deleting_at_ms', 'is', null)
        .executeTakeFirst()
      if (amended === 0n) return false
      await append(tx, accountId, event)
      return true
    })
    if (isThere) onTold(accountId)
    return isThere
  }
}

/** Without the fields of KeptRecording, which stay as they are. */
export async function saveRecording(db: Db, recording: RecordingRecord): Promise<void> {
  const { id, ...rest } = rowOfRecording(recording)
  await db
    .insertInto('recordings')
    .values({ id, ...rest })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(rest))
    .execute()
}

async function removeRecording(db: Db, id: RecordingId): Promise<void> {
  const removed = await db
    .deleteFrom('recordings')
    .where('id', '=', id)
    .returning('call_id')
    .executeTakeFirst()
  if (!removed?.call_id) return
  await db
    .updateTable('calls')
    .set({ recording_id: null })
    .where('id', '=', removed.call_id)
    .where('recording_id', '=', id)
    .execute()
}
