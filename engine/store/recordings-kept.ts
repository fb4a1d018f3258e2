import type { AccountId } from '../core/ids.ts'
import type {
  DeletionReason,
  RecordingRecord,
  Recordings,
  SealedFile,
} from '../core/ports/recordings.ts'
import type { ChainDraft, SignEntry } from '../core/recording-chain.ts'
import { appendToChain } from './recording-chain.ts'
import { columnsOfChange, recordingOfRow } from './recording-rows.ts'
import type { Telling } from './recording-telling.ts'
import { saveRecording } from './recordings.ts'
import type { Db } from './schema.ts'
import type { Tallies } from './tallies.ts'

type Kept = Pick<
  Recordings,
  'keep' | 'unsettled' | 'settle' | 'beginDeletion' | 'deleting' | 'expired' | 'toUpload'
>

/** What happens to a recording once its file is whole. */
export function keptRecordings(db: Db, sign: SignEntry, tallies: Tallies, tell: Telling): Kept {
  const all = () => db.selectFrom('recordings').selectAll()
  return {
    async keep(recording, sealed, atMs) {
      const { accountId, createdAtMs } = recording
      const work = db.transaction().execute(async (tx) => {
        await saveRecording(tx, recording)
        await tx
          .updateTable('recordings')
          .set({ ...columnsOfChange(sealed), unsettled: 1 })
          .where('id', '=', recording.id)
          .execute()
        await appendToChain(tx, accountId, [sealedDraft(recording, sealed, atMs)], sign)
      })
      await tallies.told(accountId, work, () => [createdAtMs])
    },
    async unsettled() {
      const rows = await all()
        .where('unsettled', 'is not', null)
        .where('deleting_at_ms', 'is', null)
        .orderBy('created_at_ms')
        .orderBy('id')
        .execute()
      return rows.map(recordingOfRow)
    },
    async settle(id) {
      await db.updateTable('recordings').set({ unsettled: null }).where('id', '=', id).execute()
    },
    beginDeletion: deletions(db, { sign, tallies, tell }),
    async deleting(limit) {
      const rows = await all()
        .where('deleting_at_ms', 'is not', null)
        .orderBy('deleting_at_ms')
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map(recordingOfRow)
    },
    expired: (accountId, times, limit) => expired(db, accountId, times, limit),
    async toUpload(limit, after) {
      const rows = await all()
        .where('sha256', 'is not', null)
        .where('uploaded_at_ms', 'is', null)
        .where('unsettled', 'is', null)
        .where('deleting_at_ms', 'is', null)
        .$if(after !== undefined, (query) =>
          query.where((eb) =>
            eb.or([
              eb('created_at_ms', '>', after?.createdAtMs ?? 0),
              eb.and([
                eb('created_at_ms', '=', after?.createdAtMs ?? 0),
                eb('id', '>', after?.id ?? ''),
              ]),
            ]),
          ),
        )
        .orderBy('created_at_ms')
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map(recordingOfRow)
    },
  }
}

/** A time of its own counts alone; else the account's. Each is asked for by an index of its own. */
async function expired(
  db: Db,
  accountId: AccountId,
  { madeBeforeMs, nowMs }: { madeBeforeMs: number | undefined; nowMs: number },
  limit: number,
): Promise<RecordingRecord[]> {
  const free = db
    .selectFrom('recordings')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('status', '!=', 'in-progress')
    .where('hold_reason', 'is', null)
    .where('deleting_at_ms', 'is', null)
    .limit(limit)
  const own = free
    .where('retain_until_ms', 'is not', null)
    .where('retain_until_ms', '<=', nowMs)
    .orderBy('retain_until_ms')
  const rows = await own.execute()
  if (madeBeforeMs !== undefined) {
    const old = free
      .where('retain_until_ms', 'is', null)
      .where('created_at_ms', '<', madeBeforeMs)
      .orderBy('created_at_ms')
      .orderBy('id')
    rows.push(...(await old.execute()))
  }
  return rows
    .map(recordingOfRow)
    .toSorted((one, other) => one.createdAtMs - other.createdAtMs)
    .slice(0, limit)
}

const noTextOfDeleted = 'the recording was deleted before its text was made'

interface DeletionParts {
  readonly sign: SignEntry
  readonly tallies: Tallies
  readonly tell: Telling
}

function deletions(db: Db, { sign, tallies, tell }: DeletionParts): Kept['beginDeletion'] {
  return async (recording, reason, atMs) => {
    const { accountId } = recording
    const work = db
      .transaction()
      .execute((tx) => beginDeletion(tx, { sign, tell }, recording, { ...reason, atMs }))
    const { became, isTold } = await tallies.told(accountId, work, ({ timesMs }) => timesMs)
    if (isTold) tell.onTold(accountId)
    return became
  }
}

interface Begun {
  readonly became: 'begun' | 'held' | 'gone'
  readonly timesMs: readonly number[]
  /** Somebody waits for its text, and is told that none comes. */
  readonly isTold: boolean
}

const nothingBegun = { timesMs: [], isTold: false }

async function beginDeletion(
  db: Db,
  { sign, tell }: Omit<DeletionParts, 'tallies'>,
  { id, accountId }: Pick<RecordingRecord, 'id' | 'accountId'>,
  { by, why, atMs }: DeletionReason & { readonly atMs: number },
): Promise<Begun> {
  const mine = db
    .selectFrom('recordings')
    .selectAll()
    .where('id', '=', id)
    .where('account_id', '=', accountId)
    .where('deleting_at_ms', 'is', null)
  const row = await mine.executeTakeFirst()
  if (row === undefined) return { became: 'gone', ...nothingBegun }
  // Asked for again with the change: somebody may hold it since.
  const begun = await db
    .updateTable('recordings')
    .set({ deleting_at_ms: atMs, encryption: null, transcript: null })
    .where('id', '=', id)
    .where('deleting_at_ms', 'is', null)
    .where('hold_reason', 'is', null)
    // As it is now: its text may have come since.
    .returning('transcript_status')
    .executeTakeFirst()
  if (begun === undefined) return { became: 'held', ...nothingBegun }
  await db
    .updateTable('calls')
    .set({ recording_id: null })
    .where('id', '=', row.call_id)
    .where('recording_id', '=', id)
    .execute()
  // What was never sealed is not in the chain.
  if (row.sha256 !== null) {
    const data = { by, why, sha256: row.sha256 }
    await appendToChain(db, accountId, [{ kind: 'deleted', recordingId: id, atMs, data }], sign)
  }
  const isTold = begun.transcript_status === 'pending'
  if (isTold) {
    const data = { recordingId: id, callId: row.call_id, reason: noTextOfDeleted }
    await tell.append(db, accountId, { type: 'recording.transcription-failed', atMs, data })
  }
  return { became: 'begun', timesMs: [row.created_at_ms], isTold }
}

/** All by which the recording can be told from another one later. */
function sealedDraft(
  recording: RecordingRecord,
  { sha256, encryption }: SealedFile,
  atMs: number,
): ChainDraft {
  const { id, callId, conferenceId, source, status, bytes, durationMs, createdAtMs } = recording
  const stored = encryption === undefined ? {} : { sealedSha256: encryption['sha256'] }
  const data = {
    ...{ sha256, ...stored, bytes, durationMs, createdAtMs, status, callId },
    ...(conferenceId !== undefined && { conferenceId }),
    ...(source !== undefined && { source }),
    ...(recording.spans !== undefined && { spans: recording.spans }),
  }
  return { kind: 'sealed', recordingId: id, atMs, data }
}
