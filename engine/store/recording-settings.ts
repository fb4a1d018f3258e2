import type { Recordings } from '../core/ports/recordings.ts'
import type { RecordingSettings } from '../core/recording-settings.ts'
import type { Db } from './schema.ts'

export function recordingSettingsStore(db: Db): Recordings['settings'] {
  return {
    async get(accountId) {
      const row = await db
        .selectFrom('recording_settings')
        .select('settings')
        .where('account_id', '=', accountId)
        .executeTakeFirst()
      return row === undefined ? {} : (JSON.parse(row.settings) as RecordingSettings)
    },
    async set(accountId, given) {
      const settings = JSON.stringify(given)
      await db
        .insertInto('recording_settings')
        .values({ account_id: accountId, settings })
        .onConflict((conflict) => conflict.column('account_id').doUpdateSet({ settings }))
        .execute()
    },
  }
}
