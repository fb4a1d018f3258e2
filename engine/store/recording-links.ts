import type { AccountId } from '../core/ids.ts'
import type { LinkSettings, RecordingLinks } from '../core/ports/recording-links.ts'
import type { Db, RecordingLinksRow } from './schema.ts'

const none: LinkSettings = { generation: 0, webhookTtlS: null, revokedAtMs: null }

export function recordingLinkStore(db: Db): RecordingLinks {
  const put = async (
    accountId: AccountId,
    change: Partial<Omit<RecordingLinksRow, 'account_id' | 'generation'>>,
    newer: 0 | 1,
  ): Promise<LinkSettings> => {
    const fresh = { generation: newer, webhook_ttl_s: null, revoked_at_ms: null, ...change }
    const row = await db
      .insertInto('recording_links')
      .values({ account_id: accountId, ...fresh })
      .onConflict((conflict) =>
        conflict.column('account_id').doUpdateSet((eb) => ({
          ...change,
          generation: eb('recording_links.generation', '+', newer),
        })),
      )
      .returningAll()
      .executeTakeFirstOrThrow()
    return settingsOf(row)
  }
  return {
    async get(accountId) {
      const row = await db
        .selectFrom('recording_links')
        .selectAll()
        .where('account_id', '=', accountId)
        .executeTakeFirst()
      return row === undefined ? none : settingsOf(row)
    },
    setWebhookTtl: (accountId, ttlS) => put(accountId, { webhook_ttl_s: ttlS }, 0),
    revoke: (accountId, atMs) => put(accountId, { revoked_at_ms: atMs }, 1),
    async withWebhookTtl() {
      const rows = await db
        .selectFrom('recording_links')
        .selectAll()
        .where('webhook_ttl_s', 'is not', null)
        .execute()
      return rows.map((row) => ({ accountId: row.account_id as AccountId, ...settingsOf(row) }))
    },
  }
}

const settingsOf = (row: RecordingLinksRow): LinkSettings => ({
  generation: row.generation,
  webhookTtlS: row.webhook_ttl_s,
  revokedAtMs: row.revoked_at_ms,
})
