import type { Clock } from '../core/clock.ts'
import type { CallId, TrunkId } from '../core/ids.ts'
import type { TrunkRecord } from '../core/ports/sip.ts'
import { byChance, orderTrunks } from '../core/trunk-choice.ts'

/** How long a trunk that failed is tried last; twice as long each time that it fails after that. */
export const firstCoolDownMs = 30_000
export const longestCoolDownMs = 15 * 60_000
const secondMs = 1_000

interface Use {
  /** Calls that are on it now, in either direction. */
  calls: number
  /** When calls were sent to it, of the last second; monotonic. */
  sentAtMs: number[]
  /** Failures since it last worked, those during a cool-down not counted. */
  failures: number
  coolUntilMs: number
}

/** What is known of the trunks from the calls on them: how busy each is, and whether it works. */
export class TrunkDesk {
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #random: () => number
  readonly #isDown: (trunkId: TrunkId) => boolean
  readonly #uses = new Map<TrunkId, Use>()
  readonly #trunkOf = new Map<CallId, TrunkId>()

  /** `isDown`: it does not answer pings. */
  constructor(
    clock: Pick<Clock, 'monotonicMs'>,
    random: () => number,
    isDown: (trunkId: TrunkId) => boolean = () => false,
  ) {
    this.#clock = clock
    this.#random = random
    this.#isDown = isDown
  }

  /** As they are to be tried for one call. */
  inOrder(trunks: readonly TrunkRecord[]): TrunkRecord[] {
    return orderTrunks(trunks, ({ id }) => this.isLast(id), byChance(this.#random))
  }

  /** It is tried after all others. */
  isLast(trunkId: TrunkId): boolean {
    return this.isDown(trunkId) || this.coolingMs(trunkId) > 0
  }

  isDown(trunkId: TrunkId): boolean {
    return this.#isDown(trunkId)
  }

  /** The limit that keeps another call from the trunk now. */
  limitReached({ id, maxCalls, maxCallsPerSecond }: TrunkRecord): 'calls' | 'rate' | undefined {
    if (maxCalls !== null && this.callsOn(id) >= maxCalls) return 'calls'
    if (maxCallsPerSecond === null) return undefined
    return this.#sentLately(this.#use(id)) >= maxCallsPerSecond ? 'rate' : undefined
  }

  /** Puts a call that we make on the trunk; it leaves the one it was on. */
  send(callId: CallId, trunk: TrunkRecord): void {
    this.hold(callId, trunk.id)
    if (trunk.maxCallsPerSecond !== null) {
      this.#use(trunk.id).sentAtMs.push(this.#clock.monotonicMs())
    }
  }

  /** A call is on the trunk. */
  hold(callId: CallId, trunkId: TrunkId): void {
    this.leave(callId)
    this.#trunkOf.set(callId, trunkId)
    this.#use(trunkId).calls++
  }

  /** The call is over, or was none. Fine when it is on no trunk. */
  leave(callId: CallId): void {
    const trunkId = this.#trunkOf.get(callId)
    if (trunkId === undefined) return
    this.#trunkOf.delete(callId)
    this.#use(trunkId).calls--
  }

  callsOn(trunkId: TrunkId): number {
    return this.#uses.get(trunkId)?.calls ?? 0
  }

  /** Calls that were all under way when the trunk broke down count as one failure. */
  failed(trunkId: TrunkId): void {
    if (this.coolingMs(trunkId) > 0) return
    const use = this.#use(trunkId)
    const coolDownMs = Math.min(firstCoolDownMs * 2 ** use.failures, longestCoolDownMs)
    use.failures++
    use.coolUntilMs = this.#clock.monotonicMs() + coolDownMs
  }

  succeeded(trunkId: TrunkId): void {
    const use = this.#use(trunkId)
    use.failures = 0
    use.coolUntilMs = 0
  }

  /** How much longer the trunk is tried last; 0 when it is not. */
  coolingMs(trunkId: TrunkId): number {
    const until = this.#uses.get(trunkId)?.coolUntilMs ?? 0
    return Math.max(0, until - this.#clock.monotonicMs())
  }

  #sentLately(use: Use): number {
    const sinceMs = this.#clock.monotonicMs() - secondMs
    use.sentAtMs = use.sentAtMs.filter((atMs) => atMs > sinceMs)
    return use.sentAtMs.length
  }

  #use(trunkId: TrunkId): Use {
    const known = this.#uses.get(trunkId)
    if (known) return known
    const fresh: Use = { calls: 0, sentAtMs: [], failures: 0, coolUntilMs: 0 }
    this.#uses.set(trunkId, fresh)
    return fresh
  }
}
