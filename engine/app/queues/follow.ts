import type { Around } from './around.ts'
import type { QueueFollower } from './desk.ts'
import type { LiveQueue } from './live-queue.ts'
import { queueNow } from './show.ts'

/** One message in this time. */
const tickMs = 500
/** Told of those who wait, the next ones first. */
const shownWaiting = 100

/** Tells those who look on what has changed, and how long the first one waits, at most twice a second. */
export class QueueFollow {
  readonly #around: Around
  readonly #queue: LiveQueue
  readonly #followers = new Set<QueueFollower>()
  #disarm: (() => void) | undefined

  constructor(around: Around, queue: LiveQueue) {
    this.#around = around
    this.#queue = queue
  }

  add(follower: QueueFollower): void {
    this.#followers.add(follower)
    this.#tell([follower])
  }

  remove(follower: QueueFollower): void {
    this.#followers.delete(follower)
    if (this.#followers.size === 0) this.#stop()
  }

  changed(): void {
    if (this.#followers.size === 0) return
    this.#disarm ??= this.#around.ports.clock.after(tickMs, () => {
      this.#disarm = undefined
      this.#tell([...this.#followers])
    })
  }

  /** The queue is there no more. */
  end(): void {
    this.#stop()
    const followers = [...this.#followers]
    this.#followers.clear()
    for (const follower of followers) {
      this.#to(() => follower.tell({ is: 'deleted' }))
      this.#to(() => follower.end())
    }
  }

  #stop(): void {
    this.#disarm?.()
    this.#disarm = undefined
  }

  #tell(followers: readonly QueueFollower[]): void {
    const queue = this.#queue
    const waiting = queue.waiting.slice(0, shownWaiting).map((one) => queue.shown(one))
    for (const follower of followers) {
      this.#to(() => follower.tell({ is: 'queue', queue: queueNow(this.#around, queue), waiting }))
    }
  }

  #to(tell: () => void): void {
    try {
      tell()
    } catch (error) {
      this.#around.ports.log.debug('a page that looks on is gone', { error: String(error) })
    }
  }
}
