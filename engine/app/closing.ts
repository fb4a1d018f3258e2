import type { Log } from '../core/ports/observe.ts'

/** What has to be closed, last opened first. */
export class Closers {
  readonly #closers: (() => Promise<void> | void)[] = []
  add(close: () => Promise<void> | void): void {
    this.#closers.push(close)
  }
  async closeAll(log: Log): Promise<void> {
    for (const close of this.#closers.reverse()) {
      try {
        await close()
      } catch (error) {
        log.error('could not be closed', { error: String(error) })
      }
    }
    this.#closers.length = 0
  }
}

/** Resolves when the work is done or the limit is reached, whichever is first. */
export function within(limitMs: number, work: Promise<unknown>): Promise<unknown> {
  let timer: NodeJS.Timeout
  const limit = new Promise((resolve) => {
    timer = setTimeout(resolve, limitMs)
  })
  return Promise.race([work, limit]).finally(() => clearTimeout(timer))
}
