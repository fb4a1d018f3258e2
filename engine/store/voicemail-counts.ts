import type { BoxId } from '../core/ids.ts'
import type { MessageCounts } from '../core/ports/mailbox.ts'
import type { Db } from './schema.ts'

/** New messages of a box, and saved ones as old. */
export async function countsOfBox(db: Db, boxId: BoxId | string): Promise<MessageCounts> {
  const rows = await db
    .selectFrom('voicemail_messages')
    .select(['folder', 'urgent', (select) => select.fn.countAll<number>().as('count')])
    .where('box_id', '=', boxId)
    .where('folder', 'in', ['new', 'saved'])
    .groupBy(['folder', 'urgent'])
    .execute()
  const sum = (folder: string, urgentOnly: boolean) =>
    rows
      .filter((row) => row.folder === folder && (!urgentOnly || row.urgent !== 0))
      .reduce((all, row) => all + Number(row.count), 0)
  return {
    new: sum('new', false),
    old: sum('saved', false),
    urgentNew: sum('new', true),
    urgentOld: sum('saved', true),
  }
}
