import type { CompiledQuery } from 'kysely'
import type { Db } from './schema.ts'

interface Write {
  readonly query: CompiledQuery
  readonly done: () => void
  readonly failed: (error: unknown) => void
}

const maxTogether = 500

/**
 * Many small writes as few transactions: those that come in one turn of the event loop go together, in
 * their order. One that cannot be done fails alone.
 */
export class GroupedWrites {
  readonly #db: Db
  #waiting: Write[] = []
  #isBusy = false

  constructor(db: Db) {
    this.#db = db
  }

  /** Resolves when it is committed. */
  add(query: CompiledQuery): Promise<void> {
    return new Promise((done, failed) => {
      this.#waiting.push({ query, done, failed })
      if (this.#isBusy) return
      this.#isBusy = true
      setImmediate(() => void this.#flush())
    })
  }

  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#waiting.slice(0, maxTogether)
      this.#waiting = this.#waiting.slice(maxTogether)
      await this.#together(group).catch(() => this.#oneByOne(group))
    }
    this.#isBusy = false
  }

  async #together(group: readonly Write[]): Promise<void> {
    await this.#db.transaction().execute(async (transaction) => {
      for (const { query } of group) await transaction.executeQuery(query)
    })
    for (const { done } of group) done()
  }

  async #oneByOne(group: readonly Write[]): Promise<void> {
    for (const { query, done, failed } of group)
      await this.#db.executeQuery(query).then(done, failed)
  }
}
