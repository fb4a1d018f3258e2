import { Failure } from '../../core/failures.ts'
import { type AccountId, isUuid, type WebhookId } from '../../core/ids.ts'
import type { SigningSecrets, Webhook } from '../../core/webhooks.ts'
import type { DirectoryPorts } from './ports.ts'

export type NewWebhook = Pick<
  Webhook,
  'url' | 'events' | 'renderer' | 'options' | 'triggeredOnly' | 'description' | 'enabled'
>
export type WebhookChange = Partial<
  Pick<Webhook, 'url' | 'events' | 'options' | 'description' | 'enabled'>
>

type Of = Pick<DirectoryPorts, 'store' | 'web' | 'clock' | 'ids'>

/** How long the old secret signs too, at most and usually. */
export const mostOverlapMs = 7 * 24 * 3_600_000
export const usualOverlapMs = 24 * 3_600_000

/** 244 bits, in a form that a scanner of repositories knows. */
const newSecret = ({ ids }: Of): string =>
  `whsec_${`${ids.uuid()}${ids.uuid()}`.replaceAll('-', '')}`

/** With its secret, which is not shown again. Failures `url_not_allowed`, `limit_reached`. */
export async function createWebhook(
  ports: Of,
  accountId: AccountId,
  wanted: NewWebhook,
): Promise<{ webhook: Webhook; secret: string }> {
  ports.web.checkUrl(wanted.url, 'url')
  const id = ports.ids.uuid() as WebhookId
  const webhook = { ...wanted, id, accountId, createdAtMs: ports.clock.nowMs() }
  const secret = newSecret(ports)
  await ports.store.webhooks.insert(webhook, secret)
  return { webhook, secret }
}

export const listWebhooks = ({ store }: Of, accountId: AccountId): Promise<Webhook[]> =>
  store.webhooks.list(accountId)

/** Failure `not_found`. */
export async function webhookOf({ store }: Of, accountId: AccountId, id: string): Promise<Webhook> {
  const found = isUuid(id) ? await store.webhooks.get(accountId, id as WebhookId) : undefined
  if (found === undefined) throw new Failure('not_found', 'There is no such webhook')
  return found
}

/** Failures `not_found`, `url_not_allowed`. */
export async function updateWebhook(
  ports: Of,
  accountId: AccountId,
  id: string,
  change: WebhookChange,
): Promise<Webhook> {
  const webhook = { ...(await webhookOf(ports, accountId, id)), ...change }
  if (change.url !== undefined) ports.web.checkUrl(change.url, 'url')
  await ports.store.webhooks.update(webhook)
  return webhook
}

/** Failure `not_found`. */
export async function removeWebhook(ports: Of, accountId: AccountId, id: string): Promise<void> {
  const webhook = await webhookOf(ports, accountId, id)
  await ports.store.webhooks.remove(accountId, webhook.id)
}

/** The old secret signs too for so long. Failure `not_found`. */
export async function rotateSecret(
  ports: Of,
  accountId: AccountId,
  id: string,
  overlapMs: number,
): Promise<SigningSecrets> {
  const webhook = await webhookOf(ports, accountId, id)
  const old = await ports.store.webhooks.secrets(webhook.id)
  const secrets = follower(ports, old?.current ?? null, overlapMs)
  await ports.store.webhooks.setSecrets(webhook.id, secrets)
  return secrets
}

/** The same for what signs everything of the account but webhooks. */
export async function rotateAccountSecret(
  ports: Of,
  accountId: AccountId,
  overlapMs: number,
): Promise<SigningSecrets> {
  const old = await ports.store.webhooks.secretsOf(accountId)
  const secrets = follower(ports, old?.current ?? null, overlapMs)
  await ports.store.webhooks.setSecretsOf(accountId, secrets)
  return secrets
}

const follower = (ports: Of, previous: string | null, overlapMs: number): SigningSecrets => ({
  current: newSecret(ports),
  ...(overlapMs > 0
    ? { previous, previousUntilMs: ports.clock.nowMs() + overlapMs }
    : { previous: null, previousUntilMs: null }),
})
