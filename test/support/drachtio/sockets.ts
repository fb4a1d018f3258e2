import type { Server } from 'node:net'

/** Listens on loopback; port 0 takes any. Resolves with the port. */
export function listenOn(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : port)
    })
  })
}

/**
 * For so long, and until what is on its way between sockets of this process has arrived: a process that stood still
 * finds its timers due before it reads what has come.
 */
export async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms))
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** Of the event loop. More than there are hops from a peer to the application and back. */
const turns = 40

/** Things that somebody waits for: `first` resolves with the first unclaimed match, or undefined. */
export class Arrivals<T> {
  readonly all: T[] = []
  readonly #claimed = new Set<T>()
  readonly #wakers = new Set<() => void>()

  add(item: T): void {
    this.all.push(item)
    this.wake()
  }

  wake(): void {
    for (const waker of [...this.#wakers]) waker()
  }

  first(matches: (item: T) => boolean, timeoutMs: number): Promise<T | undefined> {
    return new Promise((resolve) => {
      const finish = (item: T | undefined): void => {
        clearTimeout(timer)
        this.#wakers.delete(look)
        resolve(item)
      }
      const look = (): void => {
        const found = this.all.find((item) => !this.#claimed.has(item) && matches(item))
        if (found === undefined) return
        this.#claimed.add(found)
        finish(found)
      }
      const timer = setTimeout(finish, timeoutMs, undefined)
      this.#wakers.add(look)
      look()
    })
  }
}
