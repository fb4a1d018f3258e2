import { lookup } from 'node:dns'
import { isIP } from 'node:net'
import type { Clock } from '../clock.ts'

const cachedNames = 1000
const goodForMs = 30_000
const badForMs = 3000

type Done = (address: string | undefined) => void
interface Entry {
  readonly address: string | undefined
  readonly untilMs: number
}

/**
 * Host names to addresses. An address literal answers at once; a name answers all who asked in
 * the order of asking, so that messages to one name keep their order.
 */
export class Resolver {
  readonly #clock: Clock
  readonly #family: 4 | 6
  readonly #known = new Map<string, Entry>()
  readonly #waiting = new Map<string, Done[]>()

  constructor(clock: Clock, family: 4 | 6) {
    this.#clock = clock
    this.#family = family
  }

  resolve(host: string, done: Done): void {
    if (isIP(host) !== 0) {
      done(host)
      return
    }
    const known = this.#known.get(host)
    if (known !== undefined && known.untilMs > this.#clock.nowMs()) {
      done(known.address)
      return
    }
    const waiting = this.#waiting.get(host)
    if (waiting !== undefined) {
      waiting.push(done)
      return
    }
    this.#waiting.set(host, [done])
    lookup(host, { family: this.#family }, (error, address) => {
      this.#settle(host, error === null ? address : undefined)
    })
  }

  #settle(host: string, address: string | undefined): void {
    if (this.#known.size >= cachedNames) this.#known.clear()
    const lastsMs = address === undefined ? badForMs : goodForMs
    this.#known.set(host, { address, untilMs: this.#clock.nowMs() + lastsMs })
    const waiting = this.#waiting.get(host) ?? []
    this.#waiting.delete(host)
    for (const done of waiting) done(address)
  }
}
