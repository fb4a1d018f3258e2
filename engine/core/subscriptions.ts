import type { CallRecord, Direction } from './call.ts'
import { callStatuses, isFinal } from './call.ts'
import type { CallEventType } from './events.ts'
import type { AccountId } from './ids.ts'

/** What a subscription is found by: there is one at most. */
export interface SubscriptionKey {
  readonly accountId: AccountId
  /** The id of the dialect that was asked for it, and that writes what is sent. */
  readonly dialect: string
  /** E.164: of calls that we make the caller's number, of calls that come to us the one that was called. */
  readonly number: string
  readonly direction: Direction
}

/** Somebody who is told by HTTP, or by e-mail, of the beginning and the end of each call of a number. */
export interface Subscription extends SubscriptionKey {
  /** May hold placeholders in the dialect's own way, never in its host; or `mailto:` and an address. */
  readonly url: string
  /** The dialect's own; JSON. */
  readonly options: unknown
  readonly createdAtMs: number
}

const finalTypes: ReadonlySet<CallEventType> = new Set(
  callStatuses.filter(isFinal).map((status) => `call.${status}` as const),
)

/**
 * The number whose subscribers are told of this event of the call. Undefined unless it is the first or the
 * final one, and for calls that another call's `dial` made.
 */
export function numberToldOf(
  { parentId, direction, from, to }: CallRecord,
  type: CallEventType,
): string | undefined {
  if (parentId !== null) return undefined
  const first = direction === 'outbound' ? 'call.queued' : 'call.ringing'
  if (type !== first && !finalTypes.has(type)) return undefined
  return direction === 'outbound' ? from : to
}
