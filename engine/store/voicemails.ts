import type { AccountEventDraft } from '../core/events.ts'
import type { AccountId, BoxId } from '../core/ids.ts'
import type { VoicemailFilter, VoicemailRecord, Voicemails } from '../core/ports/voicemail.ts'
import { appendAccountEvents, sweeper, usuallyKept } from './events.ts'
import { journalVoicemail } from './journal.ts'
import { JournalTallies, type JournalTimes } from './journal-tallies.ts'
import { countOf, offsetOf } from './paging.ts'
import type { Db } from './schema.ts'
import { countsOfBox } from './voicemail-counts.ts'
import { rowOfVoicemail, voicemailOfRow } from './voicemail-rows.ts'

/** Folders whose messages are there for their owner. */
const present = ['new', 'saved'] as const

export function voicemailStore(
  db: Db,
  onEvents: (accountId: AccountId) => void,
  keptEvents = usuallyKept,
  journal = new JournalTallies(db),
): Voicemails {
  const sweep = sweeper(keptEvents)
  const all = () => db.selectFrom('voicemail_messages').selectAll()
  const telling = async (
    accountId: AccountId,
    events: readonly AccountEventDraft[],
    write: (trx: Db) => Promise<readonly JournalTimes[]>,
  ): Promise<void> => {
    const work = db.transaction().execute(async (trx) => {
      const journaled = await write(trx)
      if (events.length === 0) return journaled
      await appendAccountEvents(trx, accountId, events)
      await sweep(trx, accountId, events.length)
      return journaled
    })
    await journal.told(accountId, work, (journaled) => journaled)
    if (events.length > 0) onEvents(accountId)
  }
  return {
    save: (voicemail, events = []) =>
      telling(voicemail.accountId, events, (trx) => saveTold(trx, voicemail, events)),
    remove: ({ id, accountId }, events = []) =>
      telling(accountId, events, async (trx) => {
        await trx.deleteFrom('voicemail_messages').where('id', '=', id).execute()
        return []
      }),
    async get(accountId, id) {
      const row = await all()
        .where('id', '=', id)
        .where('account_id', '=', accountId)
        .executeTakeFirst()
      return row && voicemailOfRow(row)
    },
    async ofRecording(accountId, id) {
      const row = await all()
        .where('recording_id', '=', id)
        .where('account_id', '=', accountId)
        .executeTakeFirst()
      return row && voicemailOfRow(row)
    },
    list: (boxId, filter) => listVoicemails(db, boxId, filter),
    async ofDevice(deviceId, limit) {
      const box = db
        .selectFrom('voicemail_box_devices')
        .select('box_id')
        .where('device_id', '=', deviceId)
      const rows = await all()
        .where('box_id', 'in', box)
        .where('folder', 'in', present)
        .orderBy('received_at_ms', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute()
      return rows.map(voicemailOfRow)
    },
    ...countsAndTimes(db),
  }
}

async function listVoicemails(
  db: Db,
  boxId: BoxId,
  filter: VoicemailFilter,
): ReturnType<Voicemails['list']> {
  const folders = filter.folder === undefined ? present : [filter.folder]
  const matching = db
    .selectFrom('voicemail_messages')
    .where('box_id', '=', boxId)
    .where('folder', 'in', folders)
  const rows = await matching
    .selectAll()
    .orderBy('received_at_ms', 'desc')
    .orderBy('id', 'desc')
    .limit(filter.pageSize)
    .offset(offsetOf(filter))
    .execute()
  return { voicemails: rows.map(voicemailOfRow), total: await countOf(matching) }
}

/** With a new one the journal's entry of its call says that a message was left. */
async function saveTold(
  db: Db,
  voicemail: VoicemailRecord,
  events: readonly AccountEventDraft[],
): Promise<readonly JournalTimes[]> {
  const { accountId, callId } = voicemail
  await saveRow(db, voicemail)
  const left = events.find(({ type }) => type === 'voicemail.left')
  if (left === undefined || callId === null) return []
  return journalVoicemail(db, accountId, callId, left.atMs)
}

/** How much there is, and whose time is over. */
function countsAndTimes(
  db: Db,
): Pick<Voicemails, 'counts' | 'totalMs' | 'drafts' | 'expired' | 'expireAfter'> {
  const all = () => db.selectFrom('voicemail_messages').selectAll()
  return {
    counts: (boxId) => countsOfBox(db, boxId),
    async totalMs(boxId) {
      const row = await db
        .selectFrom('voicemail_messages')
        .select((select) => select.fn.sum<number | string | null>('duration_ms').as('total'))
        .where('box_id', '=', boxId)
        .where('folder', 'in', present)
        .executeTakeFirst()
      return Number(row?.total ?? 0)
    },
    async drafts() {
      const rows = await all().where('folder', '=', 'draft').orderBy('id').execute()
      return rows.map(voicemailOfRow)
    },
    async expired(nowMs, limit) {
      const rows = await all()
        .where('expires_at_ms', 'is not', null)
        .where('expires_at_ms', '<=', nowMs)
        .orderBy('expires_at_ms')
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map(voicemailOfRow)
    },
    async expireAfter(boxId, afterMs) {
      await db
        .updateTable('voicemail_messages')
        .set((column) => ({
          expires_at_ms: afterMs === null ? null : column('received_at_ms', '+', afterMs),
        }))
        .where('box_id', '=', boxId)
        .where('folder', 'in', present)
        .execute()
    },
  }
}

async function saveRow(db: Db, voicemail: VoicemailRecord): Promise<void> {
  const { id, ...rest } = rowOfVoicemail(voicemail)
  await db
    .insertInto('voicemail_messages')
    .values({ id, ...rest })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(rest))
    .execute()
}
