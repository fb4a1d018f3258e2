import { CursorAhead } from '../../core/failures.ts'
import { fitsFilter } from '../../core/webhooks.ts'
import type { EventFollow, EventReader } from './event-feeds.ts'
import type { LogStore, LogTail } from './log-tail.ts'

const pageSize = 256

/** One who reads an account's log: how far he has come, and where the next events are. */
export class LogReader {
  readonly #follow: EventFollow
  readonly #tail: LogTail
  readonly #store: LogStore
  readonly #to: EventReader
  #after = 0
  #toldGone = 0
  #hasBegun = false
  #isLive = false
  #isReading = false
  #isOver = false

  constructor(follow: EventFollow, tail: LogTail, store: LogStore, to: EventReader) {
    this.#follow = follow
    this.#tail = tail
    this.#store = store
    this.#to = to
  }

  /** Failure `cursor_ahead`: he knows numbers that the log has not given. */
  async begin(): Promise<void> {
    const { account, after } = this.#follow
    const last = await this.#store.last(account)
    if (after !== 'now' && after > last) throw new CursorAhead(after, last)
    this.#after = after === 'now' ? last : after
    this.#hasBegun = true
  }

  stop(): void {
    this.#isOver = true
  }

  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#to.end()
  }

  /** Tells what there is for as long as there is room. */
  async pump(): Promise<void> {
    // Until it has begun it does not know from where.
    if (this.#isReading || !this.#hasBegun) return
    this.#isReading = true
    try {
      while (!this.#isOver && !this.#to.isFull()) {
        if (this.#after >= this.#tail.from) {
          this.#tellRecent()
          return
        }
        await this.#tellPage()
      }
    } finally {
      this.#isReading = false
    }
  }

  /** Out of memory, up to the end unless it gets too much. */
  #tellRecent(): void {
    for (const event of this.#tail.after(this.#after)) {
      if (this.#isOver || this.#to.isFull()) return
      this.#after = event.sequence
      if (fitsFilter(this.#follow, event)) this.#to.event(event)
    }
    this.#after = Math.max(this.#after, this.#tail.to)
    if (this.#isLive || this.#isOver) return
    this.#isLive = true
    this.#to.live(this.#after)
  }

  /** Out of the store; what there is no room for is read again later. */
  async #tellPage(): Promise<void> {
    const { account, types, callId } = this.#follow
    const { events, next, goneTo } = await this.#store.page(account, {
      ...{ after: this.#after, limit: pageSize },
      ...(types && { types }),
      ...(callId && { callId }),
    })
    if (this.#isOver) return
    this.#tellGone(goneTo)
    for (const event of events) {
      if (this.#isOver || this.#to.isFull()) return
      this.#after = event.sequence
      this.#to.event(event)
    }
    this.#after = Math.max(this.#after, next)
  }

  /** Once, and again when more is gone meanwhile: what is left of it comes all the same. */
  #tellGone(goneTo: number): void {
    if (goneTo <= Math.max(this.#after, this.#toldGone)) return
    this.#toldGone = goneTo
    this.#to.gone(goneTo)
  }
}
