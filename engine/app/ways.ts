import { Failure } from '../core/failures.ts'
import type { CallId, TrunkId } from '../core/ids.ts'
import type { SipTarget, TrunkRecord } from '../core/ports/sip.ts'
import type { Routed } from './route.ts'
import type { TrunkDesk } from './trunk-desk.ts'

/** More INVITEs than this are not sent for one call. */
export const maxTrunks = 4
/** A trunk that has not said a word by then is left, if there is another. */
const silenceMs = 5_000

/** The ways that a call can go: the one that it goes now, and those that are left. */
export class Ways {
  readonly #desk: TrunkDesk
  readonly #callId: CallId
  #number = ''
  #target: SipTarget
  #left: readonly TrunkRecord[] = []
  readonly #turns: string[] = []

  /** Claims the first trunk that has room. Failure `trunk_busy` when none has. */
  constructor(desk: TrunkDesk, callId: CallId, routed: Routed) {
    this.#desk = desk
    this.#callId = callId
    this.#target = this.#claim(routed)
  }

  /** Where devices have sent the call, in order. */
  get turns(): readonly string[] {
    return this.#turns
  }

  /** The call goes another way altogether. Failure as above, and it goes on as it went. */
  turn(to: string, routed: Routed): void {
    this.#target = this.#claim(routed)
    this.#turns.push(to)
  }

  #claim(routed: Routed): SipTarget {
    if (routed.is === 'direct') {
      this.#number = ''
      this.#left = []
      return routed.target
    }
    const [first, ...others] = this.#desk
      .inOrder(routed.trunks)
      .filter((trunk) => this.#desk.limitReached(trunk) === undefined)
    if (!first) {
      throw new Failure('trunk_busy', `every trunk for calls to ${routed.number} is at its limit`)
    }
    this.#number = routed.number
    this.#left = others.slice(0, maxTrunks - 1)
    return this.#take(first)
  }

  get target(): SipTarget {
    return this.#target
  }

  get trunkId(): TrunkId | null {
    return this.#target.kind === 'trunk' ? this.#target.trunk.id : null
  }

  /** How long an INVITE may find nothing but silence; undefined when there is nowhere else to go. */
  get tryingWithinMs(): number | undefined {
    return this.#left.some((trunk) => this.#hasRoom(trunk)) ? silenceMs : undefined
  }

  /** Goes on to the next trunk that has room; false when there is none. */
  next(): boolean {
    const place = this.#left.findIndex((trunk) => this.#hasRoom(trunk))
    const trunk = this.#left[place]
    if (!trunk) return false
    this.#left = this.#left.slice(place + 1)
    this.#target = this.#take(trunk)
    return true
  }

  #take(trunk: TrunkRecord): SipTarget {
    this.#desk.send(this.#callId, trunk)
    return { kind: 'trunk', trunk, number: this.#number }
  }

  #hasRoom(trunk: TrunkRecord): boolean {
    return this.#desk.limitReached(trunk) === undefined
  }
}
