import type { LoggedEvent } from '../../core/events.ts'
import type { AccountId } from '../../core/ids.ts'
import type { Log } from '../../core/ports/observe.ts'
import type { Store } from '../../core/ports/store.ts'
import type { EventFilter } from '../../core/webhooks.ts'
import { LogReader } from './log-reader.ts'
import { type LogStore, LogTail } from './log-tail.ts'

/** Where what is read goes. */
export interface EventReader {
  /** So much waits there that nothing is to be added; `resume` is called when there is room again. */
  isFull(): boolean
  event(event: LoggedEvent): void
  /** Events up to that number are not kept any more, and what was asked for began before. */
  gone(upTo: number): void
  /** The past is over; what comes from now on has just happened. `after`: how far it has come. */
  live(after: number): void
  /** The log cannot be read: ask again later, from the last number. */
  end(): void
}

export interface EventFollow extends EventFilter {
  readonly account: AccountId
  /** Begins with the next number; `now`: with what happens from now on. */
  readonly after: number | 'now'
}

/** One who reads. */
export interface EventFollowing {
  /** There is room again. */
  resume(): void
  stop(): void
}

interface Circle {
  readonly tail: LogTail
  readonly readers: Set<LogReader>
  readonly ready: Promise<void>
}

interface FeedPorts {
  readonly store: { readonly events: LogStore & Pick<Store['events'], 'watch'> }
  readonly log: Log
}

/**
 * Follows the logs of accounts from any number on: first what has been, in pages out of the store, then what happens,
 * out of one tail for all who follow the same account. Nobody misses an event or gets one twice, and whoever is slow
 * is waited for: he reads on from the store.
 */
export class EventFeeds {
  readonly #ports: FeedPorts
  readonly #circles = new Map<AccountId, Circle>()
  readonly #unwatch: () => void

  constructor(ports: FeedPorts) {
    this.#ports = ports
    this.#unwatch = ports.store.events.watch((account) => this.#circles.get(account)?.tail.wake())
  }

  get size(): number {
    let size = 0
    for (const { readers } of this.#circles.values()) size += readers.size
    return size
  }

  /** Failure `cursor_ahead`. Nothing is told before the promise is resolved and the turn of the event loop is over. */
  async follow(follow: EventFollow, to: EventReader): Promise<EventFollowing> {
    const circle = this.#circleOf(follow.account)
    const reader = new LogReader(follow, circle.tail, this.#ports.store.events, to)
    circle.readers.add(reader)
    const stop = (): void => {
      reader.stop()
      circle.readers.delete(reader)
      if (circle.readers.size === 0 && this.#circles.get(follow.account) === circle)
        this.#circles.delete(follow.account)
    }
    try {
      await circle.ready
      await reader.begin()
    } catch (error) {
      stop()
      throw error
    }
    setImmediate(() => this.#pump(reader, follow.account))
    return { stop, resume: () => this.#pump(reader, follow.account) }
  }

  close(): void {
    this.#unwatch()
    for (const { readers } of this.#circles.values()) for (const reader of readers) reader.end()
    this.#circles.clear()
  }

  #circleOf(account: AccountId): Circle {
    const known = this.#circles.get(account)
    if (known) return known
    const readers = new Set<LogReader>()
    const tail = new LogTail(account, this.#ports.store.events, {
      more: () => {
        for (const reader of readers) this.#pump(reader, account)
      },
      fault: (error) => {
        this.#ports.log.error('the log of an account cannot be read', { account, error })
        for (const reader of readers) reader.end()
      },
    })
    const circle = { tail, readers, ready: tail.begin() }
    // whoever waits for it is told; nobody else need be
    circle.ready.catch(() => undefined)
    this.#circles.set(account, circle)
    return circle
  }

  #pump(reader: LogReader, account: AccountId): void {
    reader.pump().catch((error: unknown) => {
      this.#ports.log.error('the log of an account cannot be read', { account, error })
      reader.end()
    })
  }
}
