import type { Kysely } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import { initial } from './0001-initial.ts'
import { journal } from './0002-journal.ts'
import { gatheredDigits } from './0003-gathered-digits.ts'
import { speedDials } from './0004-speed-dials.ts'
import { subscriptions } from './0005-subscriptions.ts'
import { journalOfCalls } from './0006-journal-of-calls.ts'
import { trunkLimits } from './0007-trunk-limits.ts'
import { accountEvents } from './0008-account-events.ts'
import { contacts } from './0009-contacts.ts'
import { trunkOptions } from './0010-trunk-options.ts'
import { mailboxes } from './0011-mailboxes.ts'
import { deviceOptions } from './0012-device-options.ts'
import { devicePages } from './0013-device-pages.ts'
import { callQuality } from './0014-call-quality.ts'
import { conferences } from './0015-conferences.ts'
import { accounts } from './0016-accounts.ts'
import { money } from './0017-money.ts'
import { queues } from './0018-queues.ts'
import { webhooks } from './0019-webhooks.ts'
import { callControl } from './0020-call-control.ts'
import { answeredBy } from './0021-answered-by.ts'
import { listenNotice } from './0022-listen-notice.ts'
import { backlogIndexes } from './0023-backlog-indexes.ts'
import { recordings } from './0024-recordings.ts'
import { vault } from './0025-vault.ts'
import { voicemailBoxes } from './0026-voicemail-boxes.ts'
import { prompts } from './0028-prompts.ts'
import { recordingLinks } from './0030-recording-links.ts'
import { pinLocks } from './0031-pin-locks.ts'
import { boundedLists } from './0032-bounded-lists.ts'
import { callbacks } from './0033-callbacks.ts'

/** In order of their names; one that was ever released is never edited, only followed by another. */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-initial': { up: initial },
  '0002-journal': { up: journal },
  '0003-gathered-digits': { up: gatheredDigits },
  '0004-speed-dials': { up: speedDials },
  '0005-subscriptions': { up: subscriptions },
  '0006-journal-of-calls': { up: journalOfCalls },
  '0007-trunk-limits': { up: trunkLimits },
  '0008-account-events': { up: accountEvents },
  '0009-contacts': { up: contacts },
  '0010-trunk-options': { up: trunkOptions },
  '0011-mailboxes': { up: mailboxes },
  '0012-device-options': { up: deviceOptions },
  '0013-device-pages': { up: devicePages },
  '0014-call-quality': { up: callQuality },
  '0015-conferences': { up: conferences },
  '0016-accounts': { up: accounts },
  '0017-money': { up: money },
  '0018-queues': { up: queues },
  '0019-webhooks': { up: webhooks },
  '0020-call-control': { up: callControl },
  '0021-answered-by': { up: answeredBy },
  '0022-listen-notice': { up: listenNotice },
  '0023-backlog-indexes': { up: backlogIndexes },
  '0024-recordings': { up: recordings },
  '0025-vault': { up: vault },
  '0026-voicemail-boxes': { up: voicemailBoxes },
  '0028-prompts': { up: prompts },
  '0030-recording-links': { up: recordingLinks },
  '0031-pin-locks': { up: pinLocks },
  '0032-bounded-lists': { up: boundedLists },
  '0033-callbacks': { up: callbacks },
}

/** Brings the schema up to date. Throws when the file was written by a newer version. */
export async function migrate<Tables>(db: Kysely<Tables>): Promise<void> {
  const provider = { getMigrations: () => Promise.resolve({ ...migrations }) }
  const { error } = await new Migrator({ db, provider }).migrateToLatest()
  if (error !== undefined) throw error
}
