import { Semaphore } from '../../core/semaphore.ts'
import type { SessionOptions } from './session.ts'
import { type Answer, ConnectionLost, openSession, type Session } from './session.ts'

const pauseMs = 100

/** A few connections that only read, opened as they are needed. */
export class Readers {
  readonly #options: SessionOptions
  readonly #idle: Session[] = []
  readonly #places: Semaphore

  constructor(options: SessionOptions) {
    this.#options = options
    this.#places = new Semaphore({ total: options.place.readers })
  }

  /** Asks again, on a new connection, until `deadlineMs`, when a connection is lost or cannot be had. */
  query(
    text: string,
    values: readonly unknown[],
    options: { readonly isNamed: boolean; readonly deadlineMs: number },
  ): Promise<Answer> {
    return this.#places.run(async () => {
      for (;;) {
        try {
          return await this.#once(text, values, options.isNamed)
        } catch (error) {
          if (!mayPass(error) || performance.now() + pauseMs > options.deadlineMs) throw error
        }
        await new Promise((resolve) => setTimeout(resolve, pauseMs))
      }
    })
  }

  async close(): Promise<void> {
    await Promise.all(this.#idle.splice(0).map((session) => session.close()))
  }

  async #once(text: string, values: readonly unknown[], isNamed: boolean): Promise<Answer> {
    const session = this.#idle.pop() ?? (await this.#open())
    let isLost = false
    try {
      return await session.query(text, values, isNamed)
    } catch (error) {
      isLost = error instanceof ConnectionLost
      throw error
    } finally {
      if (!isLost) this.#idle.push(session)
    }
  }

  async #open(): Promise<Session> {
    const session = await openSession(this.#options)
    try {
      await session.query('set default_transaction_read_only = on')
    } catch (error) {
      await session.close()
      throw error
    }
    void session.lost.then(() => {
      const index = this.#idle.indexOf(session)
      if (index >= 0) this.#idle.splice(index, 1)
    })
    return session
  }
}

/** No connection: lost, refused, not found, or the server is starting or ending or full. */
function mayPass(error: unknown): boolean {
  if (error instanceof ConnectionLost) return true
  const { code, severity } = error as { code?: unknown; severity?: unknown }
  if (severity === undefined) return true
  return typeof code === 'string' && /^(57P|53300|08)/.test(code)
}
