import { Failure } from '../../core/failures.ts'
import type { AccountId, CallId, QueueId } from '../../core/ids.ts'
import type { LiveQueue } from './live-queue.ts'
import type { WaitingCall } from './waiting-call.ts'

/** Pages that look on, in all. */
const mostFollowers = 1_000

/** All queues there are, and who waits where. */
export class LiveQueues {
  readonly #byId = new Map<QueueId, LiveQueue>()
  readonly #byName = new Map<string, LiveQueue>()
  readonly #places = new Map<CallId, { queue: LiveQueue; waiting: WaitingCall }>()
  /** Queues that are being made for somebody who asked for them by name. */
  readonly making = new Map<string, Promise<LiveQueue>>()
  /** Phones of agents that are about to be called, by account and target: no call stands for them yet. */
  readonly #calling = new Map<string, number>()
  #followers = 0

  add(queue: LiveQueue): void {
    this.#byId.set(queue.id, queue)
    this.#byName.set(keyOf(queue.account.id, queue.record.name), queue)
  }

  remove(queue: LiveQueue): void {
    this.#byId.delete(queue.id)
    this.#byName.delete(keyOf(queue.account.id, queue.record.name))
  }

  /** It is called by another name from now on. */
  rename(queue: LiveQueue, name: string): void {
    this.#byName.delete(keyOf(queue.account.id, queue.record.name))
    queue.record = { ...queue.record, name }
    this.#byName.set(keyOf(queue.account.id, name), queue)
  }

  get(id: QueueId): LiveQueue | undefined {
    return this.#byId.get(id)
  }

  byName(account: AccountId, name: string): LiveQueue | undefined {
    return this.#byName.get(keyOf(account, name))
  }

  /** Those of an account, by when they were made. */
  of(account: AccountId): LiveQueue[] {
    return [...this.#byId.values()].filter((queue) => queue.account.id === account)
  }

  seat(queue: LiveQueue, waiting: WaitingCall): void {
    this.#places.set(waiting.callId, { queue, waiting })
  }

  unseat(waiting: WaitingCall): void {
    if (this.#places.get(waiting.callId)?.waiting === waiting) {
      this.#places.delete(waiting.callId)
    }
  }

  placeOf(callId: CallId): { queue: LiveQueue; waiting: WaitingCall } | undefined {
    return this.#places.get(callId)
  }

  get waiting(): number {
    return this.#places.size
  }

  calling(account: AccountId, target: string): number {
    return this.#calling.get(keyOf(account, target)) ?? 0
  }

  /** A phone is about to be called, until the function that is returned is called. */
  beginCalling(account: AccountId, target: string): () => void {
    const key = keyOf(account, target)
    this.#calling.set(key, (this.#calling.get(key) ?? 0) + 1)
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      const left = (this.#calling.get(key) ?? 1) - 1
      if (left > 0) this.#calling.set(key, left)
      else this.#calling.delete(key)
    }
  }

  /** A call of the account has come or gone: who looks at its queues may see others of its agents busy. */
  changedCalls(account: AccountId): void {
    if (this.#followers === 0) return
    for (const queue of this.of(account)) queue.follow.changed()
  }

  /** One more looks on. Returns how he stops. Failure `limit_reached`. */
  beginFollowing(): () => void {
    if (this.#followers >= mostFollowers) {
      throw new Failure('limit_reached', 'too many pages look at queues')
    }
    this.#followers += 1
    let isOver = false
    return () => {
      if (!isOver) this.#followers -= 1
      isOver = true
    }
  }
}

const keyOf = (account: AccountId, text: string): string => `${account} ${text}`
