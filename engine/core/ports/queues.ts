import type { AccountEventDraft } from '../events.ts'
import type { AccountId, CallId, QueueId } from '../ids.ts'
import type { QueueRecord } from '../queue.ts'

/** Somebody who waits. */
export interface QueueWait {
  readonly callId: CallId
  readonly enteredAtMs: number
}

/** Goes into the same transaction as the queue's row. */
export interface QueueChange {
  readonly entered?: QueueWait
  readonly left?: CallId
  /** For the account's log. */
  readonly events?: readonly AccountEventDraft[]
}

export interface Queues {
  /** Stores the queue's row, new or not. Failure `already_exists` for a name that another one has. */
  save(queue: QueueRecord, change?: QueueChange): Promise<void>
  /** With all who wait in it. */
  remove(queue: QueueRecord, events: readonly AccountEventDraft[]): Promise<void>
  /** Of every account, by when they were made. */
  all(): Promise<QueueRecord[]>
  /** Those who waited when the process ended. */
  unfinished(): Promise<
    (QueueWait & { readonly queueId: QueueId; readonly accountId: AccountId })[]
  >
}
