import { createHash } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import type { PinTries } from '../core/ports/pin-tries.ts'
import type { Store } from '../core/ports/store.ts'

const minuteMs = 60_000
const dayMs = 86_400_000
/** Three calls with three tries each. */
const mostWrong = 9

/** How long nobody is asked after too many wrong PINs. */
export interface PinRule {
  /** What door it is: no two rules share their tries. */
  readonly door: string
  /** Of the first lock; each time twice as long, up to the longest. */
  readonly firstLockMs: number
  readonly longestLockMs: number
  /** After the last wrong one. */
  readonly forgottenAfterMs: number
}

export interface PinGuardPorts {
  readonly store: Pick<Store, 'pinTries'>
  readonly clock: Pick<Clock, 'nowMs'>
}

/** `locks`: with this one nobody is asked any more; `locked`: nobody was before, and it does not count. */
export type PinCount = 'counted' | 'locks' | 'locked'

/**
 * Counts wrong PINs, so that nobody finds one by trying them all, call by call; a restart forgets nothing. `who` names
 * whose tries are counted together.
 */
export class PinGuard {
  readonly #ports: PinGuardPorts
  readonly #rule: PinRule

  constructor(ports: PinGuardPorts, rule: PinRule) {
    this.#ports = ports
    this.#rule = rule
  }

  async isLocked(who: string): Promise<boolean> {
    return (await this.lockedForMs(who)) > 0
  }

  /** 0: it is not locked. */
  async lockedForMs(who: string): Promise<number> {
    const { store } = this.#ports
    return this.#leftMs(await store.pinTries.get(this.#keyOf(who)))
  }

  /** Until when each of them is locked; who is not, is not there. */
  async lockedUntilMs(all: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const keys = new Map(all.map((who) => [who, this.#keyOf(who)]))
    const tries = await this.#ports.store.pinTries.ofAll([...keys.values()])
    const nowMs = this.#ports.clock.nowMs()
    const left = [...keys].map(([who, key]) => [who, this.#leftMs(tries.get(key))] as const)
    return new Map(left.flatMap(([who, leftMs]) => (leftMs > 0 ? [[who, nowMs + leftMs]] : [])))
  }

  /** A try is counted as wrong before it is looked at, so that many calls at once have no more of them; then `right`. */
  async wrong(who: string): Promise<PinCount> {
    let count: PinCount = 'counted'
    await this.#ports.store.pinTries.change(this.#keyOf(who), (before) => {
      const known = this.#known(before)
      if (known && this.#leftMs(known) > 0) {
        count = 'locked'
        return known
      }
      // A lock that is over gives as many tries again, and the next one is longer.
      const wrong = known && known.wrong < mostWrong ? known.wrong + 1 : 1
      count = wrong === mostWrong ? 'locks' : 'counted'
      const locks = (known?.locks ?? 0) + (wrong === mostWrong ? 1 : 0)
      const atMs = this.#ports.clock.nowMs()
      return { wrong, locks, atMs, forgottenAtMs: atMs + this.#rule.forgottenAfterMs }
    })
    return count
  }

  /** Nothing is left of his wrong ones. */
  right(who: string): Promise<void> {
    return this.#ports.store.pinTries.remove(this.#keyOf(who))
  }

  #known(tries: PinTries | undefined): PinTries | undefined {
    if (!tries) return undefined
    const nowMs = this.#ports.clock.nowMs()
    // A clock that was set back so far was wrong: nobody is to stay locked out for years.
    return tries.forgottenAtMs > nowMs && tries.atMs < nowMs + dayMs ? tries : undefined
  }

  #leftMs(tries: PinTries | undefined): number {
    const known = this.#known(tries)
    if (!known || known.wrong < mostWrong) return 0
    const { firstLockMs, longestLockMs } = this.#rule
    const lockMs = Math.min(longestLockMs, firstLockMs * 2 ** (known.locks - 1))
    return Math.max(0, known.atMs + lockMs - this.#ports.clock.nowMs())
  }

  /** A hash: it holds the numbers of callers. */
  #keyOf(who: string): string {
    return createHash('sha256').update(`${this.#rule.door} ${who}`).digest('base64url')
  }
}

export const voicemailPins: PinRule = {
  ...{ door: 'voicemail', firstLockMs: 15 * minuteMs, longestLockMs: dayMs },
  forgottenAfterMs: 2 * dayMs,
}
export const conferencePins: PinRule = {
  ...{ door: 'conference', firstLockMs: 10 * minuteMs, longestLockMs: 10 * minuteMs },
  forgottenAfterMs: 10 * minuteMs,
}
