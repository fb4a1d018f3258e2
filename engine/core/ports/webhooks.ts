import type { LoggedEvent } from '../events.ts'
import type { AccountId, CallId, ConferenceId, WebhookId } from '../ids.ts'
import type { EventFilter, SigningSecrets, Webhook } from '../webhooks.ts'

/** A page of an account's log. */
export interface EventQuery extends EventFilter {
  /** Only those with greater numbers; undefined with `before`: the last ones before that. */
  readonly after?: number
  /** Only those with smaller numbers. */
  readonly before?: number
  readonly limit: number
}

export interface EventPage {
  /** By their numbers, the lowest first. */
  readonly events: readonly LoggedEvent[]
  /** From where to read on: all that fit up to here are in `events`. */
  readonly next: number
  /** False: there was nothing more when it was read. */
  readonly hasMore: boolean
  /** The greatest number that is not kept any more; whoever has read less far has missed something. 0: none. */
  readonly goneTo: number
}

/** Webhooks that an account has asked for. Another account's is undefined. */
export interface Webhooks {
  /** Failure `limit_reached`: the account has as many as it may. */
  insert(webhook: Webhook, secret: string): Promise<void>
  get(accountId: AccountId, id: WebhookId): Promise<Webhook | undefined>
  /** The oldest first. */
  list(accountId: AccountId): Promise<Webhook[]>
  /** What is still to be sent goes to its new address; when it is turned off it is given up. */
  update(webhook: Webhook): Promise<void>
  /** With all that was to be sent, or was. */
  remove(accountId: AccountId, id: WebhookId): Promise<void>
  secrets(id: WebhookId): Promise<SigningSecrets | undefined>
  setSecrets(id: WebhookId, secrets: SigningSecrets): Promise<void>
  /** What signs everything else of the account. */
  secretsOf(accountId: AccountId): Promise<SigningSecrets | undefined>
  setSecretsOf(accountId: AccountId, secrets: SigningSecrets): Promise<void>
  /** Writes the event to the log and tells it to this webhook alone, whatever it wants. The number of the delivery. */
  test(webhook: Webhook): Promise<number>
}

export const deliveryStates = ['open', 'delivered', 'dead'] as const
export type DeliveryState = (typeof deliveryStates)[number]

/** What an attempt came to. */
export interface Attempt {
  /** HTTP status; null: there was no answer. */
  readonly status: number | null
  readonly tookMs: number
}

/** A webhook that is to be sent, was sent, or was given up. */
export interface DeliveryRecord {
  readonly id: number
  readonly state: DeliveryState
  readonly type: LoggedEvent['type']
  readonly sequence: number
  readonly callId: CallId | null
  readonly conferenceId: ConferenceId | null
  /** Null: a status callback or a subscription of a number. */
  readonly webhookId: WebhookId | null
  readonly url: string
  readonly attempts: number
  readonly lastError: string | null
  /** Of the last attempt; null before the first, or without an answer. */
  readonly answerStatus: number | null
  readonly tookMs: number | null
  readonly createdAtMs: number
  /** Null: it is not open, or waits for an older one of the same receiver. */
  readonly nextTryAtMs: number | null
  /** Since when it is delivered or dead. */
  readonly settledAtMs: number | null
}

export interface DeliveryFilter {
  readonly state?: DeliveryState
  readonly callId?: CallId
  readonly webhookId?: WebhookId
  /** Only those with smaller numbers. */
  readonly before?: number
  readonly limit: number
}

/** Looking at the outbox of an account, and sending again what has been given up. */
export interface Deliveries {
  /** The newest first. */
  list(accountId: AccountId, filter: DeliveryFilter): Promise<DeliveryRecord[]>
  get(accountId: AccountId, id: number): Promise<DeliveryRecord | undefined>
  /**
   * Sends one again that is not open. Failures `not_found`; `webhook_gone`: whoever had asked for it does not want it
   * any more.
   */
  redeliver(accountId: AccountId, id: number): Promise<DeliveryRecord>
  /**
   * The same for those that are dead, of one host (at any port unless it names one) or webhook if said; how many. At
   * most 1,000 at once, the oldest.
   */
  redeliverDead(
    accountId: AccountId,
    which: { readonly host?: string; readonly webhookId?: WebhookId },
  ): Promise<number>
  /** Removes dead and delivered ones that were settled before then, so many at most; how many. */
  sweep(beforeMs: number, limit: number): Promise<number>
}

/** How much of one account's outbox is kept. */
export interface BacklogBounds {
  /** Deliveries that wait. */
  readonly mostOpen: number
  /** Those that were given up. */
  readonly mostDead: number
  /** What is done to one account at once. */
  readonly atOnce: number
}

/** What was too much in an account's outbox. */
export interface BacklogCut {
  readonly accountId: AccountId
  /** For which the most waited; '' when none was given up. */
  readonly host: string
  readonly givenUp: number
  /** Dead ones that are gone. */
  readonly removed: number
}
