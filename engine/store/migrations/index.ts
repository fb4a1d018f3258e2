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

/** In order of their names; one that was ever released is never edited, only followed by another. */
const migrations: Readonly<Record<string, Migration>> = {
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
}

/** Brings the schema up to date. Throws when the file was written by a newer version. */
export async function migrate<Tables>(db: Kysely<Tables>): Promise<void> {
  const provider = { getMigrations: () => Promise.resolve({ ...migrations }) }
  const { error } = await new Migrator({ db, provider }).migrateToLatest()
  if (error !== undefined) throw error
}
