import { type RawBuilder, sql } from 'kysely'
import { Failure } from '../core/failures.ts'
import type { AccountId } from '../core/ids.ts'
import { always, isEmpty, type Part, type Span } from './paging.ts'
import type { Db, Tables } from './schema.ts'

/** Rows of a part when it is made; it may grow to twice as many. */
const usualSize = 1_000
/** After so many questions to the database others have their turn. */
const questionsAtOnce = 16
/** Kept in all: tens of megabytes. */
const usualMost = 200_000

/** What is to be counted: the rows of an account that fit a filter. */
export interface Counting {
  readonly accountId: AccountId
  /** The filter without its times: what has the same one has the same rows. */
  readonly key: string
  /** Whether an index alone shows that there are few, so that nothing need be kept. */
  isFew?(most: number): Promise<boolean>
  /** How many there are of that time. */
  count(span: Span): Promise<number>
}

/** A part of an account's rows: those of a time, and how many of them fit each filter that was asked for. */
interface Shelf extends Span {
  readonly counts: Map<string, number | Promise<number>>
  /** Since its rows were counted off: no more can have come. */
  changes: number
}

interface Shelves {
  list: Shelf[]
  countingOff: Promise<void> | undefined
}

const shelfOf = ({ fromMs, beforeMs }: Span, changes = 0): Shelf => ({
  ...{ fromMs, beforeMs, changes },
  counts: new Map(),
})

/**
 * How many rows of a table fit a filter, in parts by a time that each row has, a thousand or two to each: a part in which
 * nothing has changed is not counted again, so that a total, of any time, takes no longer the more there is, and a page
 * is found from the part that it lies in.
 *
 * Counts are kept in memory, of each filter that was asked for, up to a bound for all accounts; then all are forgotten.
 * One process writes to a database, and whoever changes a row says so by `told`: what is kept of its part is forgotten,
 * and a part that was told of so many changes that it may have outgrown its size is divided when it is next asked for.
 */
export class Tallies {
  readonly #db: Db
  readonly #table: RawBuilder<unknown>
  readonly #time: RawBuilder<unknown>
  readonly #size: number
  readonly #mostCounts: number
  readonly #accounts = new Map<AccountId, Shelves>()
  #kept = 0

  /** @param of the time of its rows: with the account it begins an index */
  constructor(db: Db, of: `${keyof Tables}.${string}`, size = usualSize, mostCounts = usualMost) {
    const [table = '', column = ''] = of.split('.')
    this.#db = db
    this.#table = sql.table(table)
    this.#time = sql.ref(column)
    this.#size = size
    this.#mostCounts = mostCounts
  }

  /** Waits for work that changes rows of the account; of which times, as they were and as they are. */
  async told<Done>(
    accountId: AccountId,
    work: Promise<Done>,
    timesOf: (done: Done) => readonly number[],
  ): Promise<Done> {
    try {
      const done = await work
      this.#changed(accountId, timesOf(done))
      return done
    } catch (error) {
      // Unless it was refused, some of it may be there: a connection was lost that could have told.
      if (!(error instanceof Failure)) this.#forget(accountId)
      throw error
    }
  }

  #changed(accountId: AccountId, timesMs: readonly number[]): void {
    const shelves = this.#accounts.get(accountId)
    if (shelves === undefined) return
    for (const timeMs of timesMs) {
      const shelf = shelves.list[placeIn(shelves.list, timeMs)]
      if (shelf === undefined) continue
      shelf.changes += 1
      this.#kept -= shelf.counts.size
      shelf.counts.clear()
    }
  }

  #forget(accountId: AccountId): void {
    const { list } = this.#accounts.get(accountId) ?? { list: [] }
    for (const { counts } of list) this.#kept -= counts.size
    this.#accounts.delete(accountId)
  }

  /** The rows of that time that fit, in parts, the oldest first. */
  async parts(counting: Counting, span: Span = always): Promise<Part[]> {
    if (isEmpty(span)) return []
    const shelves = this.#shelvesOf(counting.accountId)
    const isKnown = shelves.list.some(({ counts }) => counts.has(counting.key))
    if (!isKnown && (await counting.isFew?.(2 * this.#size))) {
      return [{ ...span, count: await counting.count(span) }]
    }
    await this.#countOff(counting.accountId, shelves)
    const within = shelves.list.filter(
      ({ fromMs, beforeMs }) => fromMs < span.beforeMs && beforeMs > span.fromMs,
    )
    const turns = politely()
    const parts: Part[] = []
    for (const shelf of within) {
      const fromMs = Math.max(span.fromMs, shelf.fromMs)
      const beforeMs = Math.min(span.beforeMs, shelf.beforeMs)
      const known = this.#countIn(shelf, counting, { fromMs, beforeMs })
      const count = typeof known === 'number' ? known : await known
      parts.push({ fromMs, beforeMs, count })
      if (known !== count) await turns()
    }
    return parts
  }

  /** Of a whole part it is kept. */
  #countIn(shelf: Shelf, counting: Counting, span: Span): number | Promise<number> {
    const isWhole = span.fromMs === shelf.fromMs && span.beforeMs === shelf.beforeMs
    if (!isWhole) return counting.count(span)
    return shelf.counts.get(counting.key) ?? this.#keep(shelf, counting)
  }

  #shelvesOf(accountId: AccountId): Shelves {
    if (this.#kept > this.#mostCounts) {
      this.#accounts.clear()
      this.#kept = 0
    }
    const known = this.#accounts.get(accountId)
    if (known !== undefined) return known
    const list = [shelfOf(always, this.#size)]
    const shelves: Shelves = { list, countingOff: undefined }
    this.#accounts.set(accountId, shelves)
    return shelves
  }

  /** What changes while it is being counted clears it away with the rest of its part. */
  #keep(shelf: Shelf, { key, count }: Counting): Promise<number> {
    const counted = count({ fromMs: shelf.fromMs, beforeMs: shelf.beforeMs })
    shelf.counts.set(key, counted)
    this.#kept += 1
    const isStill = () => shelf.counts.get(key) === counted
    void counted.then(
      (number) => isStill() && shelf.counts.set(key, number),
      () => {
        if (isStill() && shelf.counts.delete(key)) this.#kept -= 1
      },
    )
    return counted
  }

  /** Parts that may have grown are counted off again, by one for all who ask. */
  #countOff(accountId: AccountId, shelves: Shelves): Promise<void> {
    const isDue = ({ changes }: Shelf) => changes >= this.#size
    if (shelves.countingOff === undefined && !shelves.list.some(isDue)) return Promise.resolve()
    shelves.countingOff ??= this.#divide(accountId, shelves, isDue).finally(() => {
      shelves.countingOff = undefined
    })
    return shelves.countingOff
  }

  async #divide(
    accountId: AccountId,
    shelves: Shelves,
    isDue: (shelf: Shelf) => boolean,
  ): Promise<void> {
    for (const shelf of shelves.list.filter(isDue)) {
      const bounds = await this.#boundsIn(accountId, shelf)
      const starts = [shelf.fromMs, ...bounds]
      const ends = [...bounds, shelf.beforeMs]
      if (bounds.length === 0) {
        shelf.changes = 0
        continue
      }
      this.#kept -= shelf.counts.size
      const made = starts.map((fromMs, at) =>
        shelfOf({ fromMs, beforeMs: ends[at] ?? shelf.beforeMs }),
      )
      shelves.list = shelves.list.flatMap((one) => (one === shelf ? made : [one]))
    }
  }

  /** The times at which a part is divided, so that none has many more rows than it should; rows of one time stay together. */
  async #boundsIn(accountId: AccountId, { fromMs, beforeMs }: Span): Promise<number[]> {
    const bounds: number[] = []
    const turns = politely()
    for (let startMs = fromMs; ; ) {
      const at = await this.#timeOf(accountId, { fromMs: startMs, beforeMs }, this.#size)
      if (at === undefined) return bounds
      const next =
        at > startMs ? at : await this.#timeOf(accountId, { fromMs: startMs + 1, beforeMs }, 0)
      if (next === undefined) return bounds
      bounds.push(next)
      startMs = next
      await turns()
    }
  }

  /** The time of the row behind so many others. */
  async #timeOf(
    accountId: AccountId,
    { fromMs, beforeMs }: Span,
    behind: number,
  ): Promise<number | undefined> {
    const { rows } = await sql<{ at: number }>`
      select ${this.#time} as at from ${this.#table}
      where account_id = ${accountId} and ${this.#time} >= ${fromMs} and ${this.#time} < ${beforeMs}
      order by ${this.#time} limit 1 offset ${behind}`.execute(this.#db)
    return rows[0]?.at
  }
}

/** Which of them, in order and without gaps, has that time. */
function placeIn(shelves: readonly Shelf[], timeMs: number): number {
  let [low, high] = [0, shelves.length - 1]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if ((shelves[middle]?.fromMs ?? 0) <= timeMs) low = middle
    else high = middle - 1
  }
  return low
}

/** Lets others have their turn each time that it was called so often. */
function politely(): () => Promise<void> {
  let count = 0
  return async () => {
    count += 1
    if (count % questionsAtOnce === 0) await new Promise<void>((resolve) => setImmediate(resolve))
  }
}
