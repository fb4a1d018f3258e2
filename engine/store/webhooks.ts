import type { Clock } from '../core/clock.ts'
import { Failure } from '../core/failures.ts'
import type { AccountId, WebhookId } from '../core/ids.ts'
import type { Webhooks } from '../core/ports/webhooks.ts'
import { mostWebhooks, type SigningSecrets, type Webhook } from '../core/webhooks.ts'
import { tellWebhook } from './enqueue.ts'
import { appendAccountEvents } from './events.ts'
import type { Db, WebhookRow } from './schema.ts'
import { giveUpOpen } from './streams.ts'

interface Told {
  onDeliveries(): void
  onEvents(accountId: AccountId): void
}

/** Whether an account has any, or had since the start. */
interface Known {
  has(accountId: AccountId): boolean
}

export async function webhookStore(
  db: Db,
  clock: Pick<Clock, 'nowMs'>,
  told: Told,
): Promise<Webhooks & Known> {
  const owners = await db.selectFrom('webhooks').select('account_id').distinct().execute()
  const known = new Set(owners.map(({ account_id }) => account_id))
  return {
    has: (accountId) => known.has(accountId),
    async insert(webhook, secret) {
      await db.transaction().execute(async (transaction) => {
        await refuseTooMany(transaction, webhook.accountId)
        const row = { ...rowOf(webhook), secret }
        await transaction.insertInto('webhooks').values(row).execute()
      })
      known.add(webhook.accountId)
    },
    async get(accountId, id) {
      const row = await db
        .selectFrom('webhooks')
        .selectAll()
        .where('id', '=', id)
        .where('account_id', '=', accountId)
        .executeTakeFirst()
      return row && webhookOf(row)
    },
    async list(accountId) {
      const rows = await db
        .selectFrom('webhooks')
        .selectAll()
        .where('account_id', '=', accountId)
        .orderBy('created_at_ms')
        .orderBy('id')
        .execute()
      return rows.map(webhookOf)
    },
    update: (webhook) => db.transaction().execute((trx) => update(trx, webhook, clock.nowMs())),
    async remove(accountId, id) {
      await db.transaction().execute(async (transaction) => {
        const { numDeletedRows } = await transaction
          .deleteFrom('webhooks')
          .where('id', '=', id)
          .where('account_id', '=', accountId)
          .executeTakeFirst()
        if (numDeletedRows === 0n) return
        await transaction.deleteFrom('deliveries').where('webhook_id', '=', id).execute()
      })
    },
    ...secretStore(db),
    async test(webhook) {
      const { accountId, id } = webhook
      const atMs = clock.nowMs()
      const made = await db.transaction().execute(async (transaction) => {
        const draft = { type: 'webhook.test', atMs, data: { webhookId: id } } as const
        const sequence = await appendAccountEvents(transaction, accountId, [draft])
        const row = await transaction
          .selectFrom('webhooks')
          .selectAll()
          .where('id', '=', id)
          .executeTakeFirst()
        if (row === undefined) throw new Failure('not_found', 'There is no such webhook')
        const event = { ...draft, accountId, sequence, callId: null }
        return { sequence, stream: await tellWebhook(transaction, row, event, atMs) }
      })
      told.onDeliveries()
      told.onEvents(accountId)
      return newestOf(db, made)
    },
  }
}

/** The number of the delivery that was just made. */
async function newestOf(
  db: Db,
  { stream, sequence }: { readonly stream: string; readonly sequence: number },
): Promise<number> {
  const { id } = await db
    .selectFrom('deliveries')
    .select((eb) => eb.fn.max<number>('id').as('id'))
    .where('stream', '=', stream)
    .where('sequence', '=', sequence)
    .executeTakeFirstOrThrow()
  return id
}

type SecretStore = Pick<Webhooks, 'secrets' | 'setSecrets' | 'secretsOf' | 'setSecretsOf'>

function secretStore(db: Db): SecretStore {
  return {
    async secrets(id) {
      const row = await db
        .selectFrom('webhooks')
        .select(['secret', 'previous_secret', 'previous_until_ms'])
        .where('id', '=', id)
        .executeTakeFirst()
      return row && secretsOf(row.secret, row.previous_secret, row.previous_until_ms)
    },
    async setSecrets(id, { current, previous, previousUntilMs }) {
      await db
        .updateTable('webhooks')
        .set({ secret: current, previous_secret: previous, previous_until_ms: previousUntilMs })
        .where('id', '=', id)
        .execute()
    },
    async secretsOf(accountId) {
      const row = await db
        .selectFrom('accounts')
        .select('webhook_secret')
        .select([
          'previous_webhook_secret as previous',
          'previous_webhook_secret_until_ms as until',
        ])
        .where('id', '=', accountId)
        .executeTakeFirst()
      return row && secretsOf(row.webhook_secret, row.previous, row.until)
    },
    async setSecretsOf(accountId, { current, previous, previousUntilMs }) {
      await db
        .updateTable('accounts')
        .set({ webhook_secret: current, previous_webhook_secret: previous })
        .set({ previous_webhook_secret_until_ms: previousUntilMs })
        .where('id', '=', accountId)
        .execute()
    },
  }
}

const secretsOf = (
  current: string,
  previous: string | null,
  previousUntilMs: number | null,
): SigningSecrets => ({ current, previous, previousUntilMs })

/** The account's row is locked by a write first: two at once do not both find room. */
async function refuseTooMany(db: Db, accountId: AccountId): Promise<void> {
  await db
    .updateTable('accounts')
    .set((eb) => ({ last_sequence: eb.ref('last_sequence') }))
    .where('id', '=', accountId)
    .execute()
  const { count } = await db
    .selectFrom('webhooks')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow()
  if (Number(count) < mostWebhooks) return
  throw new Failure('limit_reached', `An account may have ${mostWebhooks} webhooks`)
}

async function update(db: Db, webhook: Webhook, nowMs: number): Promise<void> {
  const { id, account_id, created_at_ms: _, ...rest } = rowOf(webhook)
  await db
    .updateTable('webhooks')
    .set(rest)
    .where('id', '=', id)
    .where('account_id', '=', account_id)
    .execute()
  if (!webhook.enabled) return giveUpOpen(db, id, 'the webhook was turned off', nowMs)
  const { url, options } = rest
  await db
    .updateTable('deliveries')
    .set({ url, options, host: URL.parse(url)?.host ?? '' })
    .where('webhook_id', '=', id)
    .where('state', '=', 'open')
    .execute()
}

type Written = Omit<WebhookRow, 'secret' | 'previous_secret' | 'previous_until_ms'>

const rowOf = (webhook: Webhook): Written => ({
  id: webhook.id,
  account_id: webhook.accountId,
  renderer: webhook.renderer,
  options: JSON.stringify(webhook.options),
  url: webhook.url,
  events: JSON.stringify(webhook.events),
  triggered_only: webhook.triggeredOnly ? 1 : 0,
  description: webhook.description,
  enabled: webhook.enabled ? 1 : 0,
  created_at_ms: webhook.createdAtMs,
})

const webhookOf = (row: WebhookRow): Webhook => ({
  id: row.id as WebhookId,
  accountId: row.account_id as AccountId,
  renderer: row.renderer,
  options: JSON.parse(row.options) as unknown,
  url: row.url,
  events: JSON.parse(row.events) as string[],
  triggeredOnly: row.triggered_only !== 0,
  description: row.description,
  enabled: row.enabled !== 0,
  createdAtMs: row.created_at_ms,
})
