import type { LoggedEvent } from '../../core/events.ts'
import type { AccountId } from '../../core/ids.ts'
import type { Store } from '../../core/ports/store.ts'

/** Events that are kept for those who are not far behind, and as many are read at once. */
const keptEvents = 1_024
const readAtOnce = 256

export type LogStore = Pick<Store['events'], 'after' | 'last' | 'page'>

/**
 * The end of one account's log in memory, read once for all who follow it: everything after `from` up to `to`,
 * by the numbers.
 */
export class LogTail {
  readonly #account: AccountId
  readonly #store: LogStore
  readonly #onMore: () => void
  readonly #onFault: (error: unknown) => void
  #events: LoggedEvent[] = []
  #from = 0
  #to = 0
  #reading: Promise<void> | undefined
  #readAgain = false
  #hasBegun = false

  constructor(
    account: AccountId,
    store: LogStore,
    on: { more(): void; fault(error: unknown): void },
  ) {
    this.#account = account
    this.#store = store
    this.#onMore = () => on.more()
    this.#onFault = (error) => on.fault(error)
  }

  get from(): number {
    return this.#from
  }

  get to(): number {
    return this.#to
  }

  /** Begins at the end of the log as it is now. */
  async begin(): Promise<void> {
    this.#from = await this.#store.last(this.#account)
    this.#to = this.#from
    this.#hasBegun = true
    if (this.#readAgain) this.wake()
  }

  /** Those after that number, which is not before `from`. */
  *after(sequence: number): Generator<LoggedEvent> {
    for (let index = this.#indexAfter(sequence); index < this.#events.length; index++) {
      const event = this.#events[index]
      if (event) yield event
    }
  }

  /** Something was appended. */
  wake(): void {
    this.#readAgain = true
    // Before it has begun it does not know from where.
    if (!this.#hasBegun) return
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined
      if (this.#readAgain) this.wake()
    })
  }

  async #read(): Promise<void> {
    try {
      while (this.#readAgain) {
        this.#readAgain = false
        const found = await this.#store.after(this.#account, this.#to, readAtOnce)
        const last = found.at(-1)
        if (last === undefined) continue
        this.#keep(found, last.sequence)
        if (found.length === readAtOnce) this.#readAgain = true
        this.#onMore()
      }
    } catch (error) {
      this.#onFault(error)
    }
  }

  #keep(found: readonly LoggedEvent[], to: number): void {
    this.#events.push(...found)
    this.#to = to
    const over = this.#events.length - keptEvents
    if (over <= 0) return
    this.#from = this.#events[over - 1]?.sequence ?? this.#from
    this.#events = this.#events.slice(over)
  }

  /** By halves: the numbers grow. */
  #indexAfter(sequence: number): number {
    let [low, high] = [0, this.#events.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#events[middle]?.sequence ?? 0) > sequence) high = middle
      else low = middle + 1
    }
    return low
  }
}
