import { timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../core/clock.ts'
import { keyedHash } from './keyed-hash.ts'

const lifeMs = 300_000
/** Nonces in use at once; beyond that the oldest have to be asked for again (stale). */
const maxUsed = 20_000

export type NonceVerdict = 'good' | 'stale'

/**
 * Nonces carry their own time and signature, so that handing them out costs no memory. Those that were
 * used are remembered with the highest nonce count, so that no request can be played back.
 */
export class Nonces {
  readonly #clock: Clock
  readonly #keyed: (text: string) => string
  readonly #uuid: () => string
  /** In order of first use, which is nearly the order of expiry. */
  readonly #used = new Map<string, { highest: number; untilMs: number }>()
  /** Nonces that end before this are not taken: a used one among them has been forgotten. */
  #forgottenUntilMs = 0
  /** The nonce that was looked at last: one request asks several times. */
  #seen: { readonly nonce: string; readonly issuedMs: number } | undefined

  constructor(clock: Clock, uuid: () => string, key: Uint8Array) {
    this.#clock = clock
    this.#uuid = uuid
    this.#keyed = keyedHash(key)
  }

  /**
   * Whoever brings it back from the same address received it there (`isFor`). From another it serves all
   * the same: phones move, and some have several ways out.
   */
  issue(address = ''): string {
    const made = Math.floor(this.#clock.monotonicMs()).toString(36)
    const body = `${made}.${this.#uuid()}.${this.#sign(address).slice(0, 8)}`
    return `${body}.${this.#sign(body)}`
  }

  /**
   * `count` is the nc of the request (0 = the peer does not count, then the nonce serves once). Call it
   * only for a request whose digest is right: it uses the count up.
   */
  use(nonce: string, count: number): NonceVerdict {
    const nowMs = this.#clock.monotonicMs()
    this.#expire(nowMs)
    const issuedMs = this.#issuedMs(nonce)
    if (issuedMs === undefined || nowMs - issuedMs > lifeMs) return 'stale'
    if (issuedMs + lifeMs <= this.#forgottenUntilMs) return 'stale'
    const known = this.#used.get(nonce)
    if (known && count <= known.highest) return 'stale'
    if (known) known.highest = count
    else this.#remember(nonce, count, issuedMs + lifeMs)
    return 'good'
  }

  /** True for one of ours that was made lately for that address, however often it was used. */
  isFor(nonce: string, address: string): boolean {
    const issuedMs = this.#issuedMs(nonce)
    // an address may be another's by the time that its old nonces are used
    if (issuedMs === undefined || this.#clock.monotonicMs() - issuedMs > lifeMs) return false
    return nonce.split('.').at(-2) === this.#sign(address).slice(0, 8)
  }

  #remember(nonce: string, highest: number, untilMs: number): void {
    const [oldest] = this.#used.size >= maxUsed ? this.#used : []
    if (oldest) {
      this.#used.delete(oldest[0])
      this.#forgottenUntilMs = Math.max(this.#forgottenUntilMs, oldest[1].untilMs)
    }
    this.#used.set(nonce, { highest, untilMs })
  }

  #expire(nowMs: number): void {
    for (const [nonce, { untilMs }] of this.#used) {
      if (untilMs >= nowMs) return
      this.#used.delete(nonce)
    }
  }

  #issuedMs(nonce: string): number | undefined {
    if (this.#seen?.nonce === nonce) return this.#seen.issuedMs
    const issuedMs = this.#readIssuedMs(nonce)
    if (issuedMs !== undefined) this.#seen = { nonce, issuedMs }
    return issuedMs
  }

  #readIssuedMs(nonce: string): number | undefined {
    const end = nonce.lastIndexOf('.')
    if (end < 0 || nonce.length > 128) return undefined
    const body = nonce.slice(0, end)
    const given = Buffer.from(nonce.slice(end + 1))
    const expected = Buffer.from(this.#sign(body))
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
    return Number.parseInt(body.split('.')[0]!, 36)
  }

  #sign(body: string): string {
    return this.#keyed(body).slice(0, 22)
  }
}
