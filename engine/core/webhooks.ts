import { type LoggedEvent, speakingEventTypes } from './events.ts'
import type { AccountId, CallId, WebhookId } from './ids.ts'

/** An address that is told what happens to an account, each thing by a request of its own. */
export interface Webhook {
  readonly id: WebhookId
  readonly accountId: AccountId
  /** The id of the dialect that was asked for it, and that writes what is sent. */
  readonly renderer: string
  /** The dialect's own; JSON. */
  readonly options: unknown
  readonly url: string
  /** What it is told: types of events, `call.*` for all that begin so, `*` for all. Never empty. */
  readonly events: readonly string[]
  /** Only of calls that connect a lead to an agent, and there of the agent's. */
  readonly triggeredOnly: boolean
  readonly description: string | null
  readonly enabled: boolean
  readonly createdAtMs: number
}

/** What it is signed with; the one before is valid, and signs too, for a while after a change. */
export interface SigningSecrets {
  readonly current: string
  readonly previous: string | null
  readonly previousUntilMs: number | null
}

/** The newest first. */
export function validSecrets(secrets: SigningSecrets, nowMs: number): string[] {
  const { current, previous, previousUntilMs } = secrets
  const isValid = previous !== null && previousUntilMs !== null && nowMs < previousUntilMs
  return isValid ? [current, previous] : [current]
}

/** Webhooks of an account, and events that each of them names. */
export const mostWebhooks = 20
export const mostPatterns = 50

const patternShape = /^(?:\*|[a-z-]+(?:\.[a-z-]+)*(?:\.\*)?)$/

/** True for `*`, a type, or the beginning of types up to a dot with `*`. */
export const isEventPattern = (text: string): boolean =>
  text.length <= 100 && patternShape.test(text)

/** True when a type is named, or begins as one that ends in `*`. */
export const fitsPattern = (pattern: string, type: string): boolean =>
  pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : pattern === type

/**
 * That a webhook did not arrive is not told by webhooks: two dead addresses would tell of each other for ever. What is
 * sent to try one out is for that one, whatever it wants.
 */
const neverTold: ReadonlySet<string> = new Set([
  ...['webhook.failed', 'conference.webhook-failed', 'webhook.backlog-full', 'webhook.test'],
])

/** Whether it is told of an event of that type. Who speaks is told only to those who name it: it is many a minute. */
export function wantsType({ events }: Pick<Webhook, 'events'>, type: LoggedEvent['type']): boolean {
  if (neverTold.has(type)) return false
  const isOften = (speakingEventTypes as ReadonlySet<string>).has(type)
  return isOften ? events.includes(type) : events.some((pattern) => fitsPattern(pattern, type))
}

/** What of the log one wants to see. */
export interface EventFilter {
  /** As those of a webhook; undefined: all. */
  readonly types?: readonly string[]
  readonly callId?: CallId
}

/** Whether an event is among those. */
export const fitsFilter = ({ types, callId }: EventFilter, event: LoggedEvent): boolean =>
  (callId === undefined || event.callId === callId) &&
  (types === undefined || types.some((pattern) => fitsPattern(pattern, event.type)))
