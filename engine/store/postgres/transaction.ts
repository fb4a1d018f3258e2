import { type Answer, ConnectionLost, type Session } from './session.ts'
import { begin, type Writer } from './writer.ts'

interface Step {
  readonly text: string
  readonly values: readonly unknown[]
  readonly isNamed: boolean
  readonly answer: Answer
}

/**
 * A transaction that outlives its connection: what was said so far is said again on the next one. Nobody
 * else writes meanwhile, so the answers are the same; if they are not, the transaction fails. Whether a
 * commit whose answer was lost has happened is asked of the server, so nothing is done twice.
 */
export class Transaction {
  readonly #writer: Writer
  readonly #deadlineMs: number
  #session: Session | undefined
  #id = ''
  #steps: Step[] = []

  /** @param deadlineMs until when a lost connection is waited for */
  constructor(writer: Writer, deadlineMs: number) {
    this.#writer = writer
    this.#deadlineMs = deadlineMs
  }

  begin(): Promise<void> {
    return this.#surviving(() => Promise.resolve())
  }

  async run(text: string, values: readonly unknown[], isNamed: boolean): Promise<Answer> {
    const answer = await this.#surviving((session) => session.query(text, values, isNamed))
    this.#steps.push({ text, values, isNamed, answer })
    return answer
  }

  async commit(): Promise<void> {
    let asked: string | undefined
    for (;;) {
      const session = await this.#writer.session(this.#deadlineMs)
      try {
        if (session !== this.#session) {
          if (asked !== undefined && (await this.#writer.wasCommitted(session, asked))) return
          await this.#takeUp(session)
        }
        asked = this.#id
        const { command } = await session.query('commit')
        if (command === 'COMMIT') return
        throw new Error('a statement of the transaction had failed: nothing of it was kept')
      } catch (error) {
        this.#forgetIfLost(error)
      }
    }
  }

  /** A connection that is lost has taken it back already. */
  async rollback(): Promise<void> {
    await this.#session?.query('rollback').catch((error: unknown) => this.#forgetIfLost(error))
  }

  async #surviving<T>(work: (session: Session) => Promise<T>): Promise<T> {
    for (;;) {
      const session = await this.#writer.session(this.#deadlineMs)
      try {
        if (session !== this.#session) await this.#takeUp(session)
        return await work(session)
      } catch (error) {
        this.#forgetIfLost(error)
      }
    }
  }

  async #takeUp(session: Session): Promise<void> {
    this.#id = await begin(session)
    this.#session = session
    for (const { text, values, isNamed, answer } of this.#steps) {
      const again = await session.query(text, values, isNamed)
      if (again.count !== answer.count || !areSame(again.rows, answer.rows)) {
        throw new Error('the database was changed by somebody else while it could not be reached')
      }
    }
  }

  #forgetIfLost(error: unknown): void {
    if (!(error instanceof ConnectionLost)) throw error
    this.#session = undefined
  }
}

const areSame = (one: readonly unknown[], other: readonly unknown[]): boolean =>
  JSON.stringify(one) === JSON.stringify(other)
