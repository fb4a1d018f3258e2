import type { CallId } from '../../../../engine/core/ids.ts'

/** How the other side of a leg stands: `refused` by it, and perhaps called once more; `over` for good. */
type At = 'calling' | 'up' | 'refused' | 'over'

interface Leg {
  readonly direction: 'inbound' | 'outbound'
  at: At
  /** What ended it. */
  by: 'bye' | 'cancel' | 'reject' | 'remote' | 'crash' | undefined
  wasAnswered: boolean
}

/**
 * The phones and trunks at the other end of SIP, and what they think of the commands that reach them: each leg is
 * called once, ended once by one side, and never left up. Commands that crossed an end of theirs are fine.
 */
export class Phones {
  readonly legs = new Map<CallId, Leg>()
  /** What no phone may see, in words. */
  readonly faults: string[] = []

  invite(id: CallId): void {
    const leg = this.legs.get(id)
    if (leg === undefined) this.#add(id, 'outbound')
    else if (leg.at === 'refused') leg.at = 'calling'
    else this.#fault(id, 'is called twice')
  }

  cancel(id: CallId): void {
    const leg = this.legs.get(id)
    // A 200 that crosses it is ended by the SIP side.
    if (leg?.at === 'calling' || leg?.at === 'up') this.#end(leg, 'cancel')
    else if (leg?.by === 'cancel' || leg?.by === 'bye')
      this.#fault(id, 'has a CANCEL after its end')
  }

  bye(id: CallId): void {
    const leg = this.legs.get(id)
    if (leg?.at === 'up') this.#end(leg, 'bye')
    else if (leg?.by !== 'remote') this.#fault(id, 'has a BYE that ends nothing')
  }

  accept(id: CallId): void {
    const leg = this.legs.get(id)
    if (leg?.direction === 'inbound' && leg.at === 'calling') this.#answer(leg)
    else if (leg?.by !== 'remote') this.#fault(id, 'is accepted although it does not call')
  }

  reject(id: CallId): void {
    const leg = this.legs.get(id)
    if (leg?.direction === 'inbound' && leg.at === 'calling') this.#end(leg, 'reject')
    else if (leg?.by !== 'remote') this.#fault(id, 'is rejected although it does not call')
  }

  /** Somebody calls. */
  calls(id: CallId): void {
    this.#add(id, 'inbound')
  }

  answers(id: CallId): void {
    const leg = this.legs.get(id)
    if (leg) this.#answer(leg)
  }

  refuses(id: CallId): void {
    const leg = this.legs.get(id)
    if (leg) leg.at = 'refused'
  }

  hangsUp(id: CallId): void {
    const leg = this.legs.get(id)
    if (leg) this.#end(leg, 'remote')
  }

  /** The server is gone; so are its legs. */
  lose(): void {
    for (const leg of this.legs.values()) if (leg.at !== 'over') this.#end(leg, 'crash')
  }

  /** The newest ones that may have that happen to them. */
  those(fits: (leg: Leg) => boolean): CallId[] {
    return [...this.legs]
      .filter(([, leg]) => fits(leg))
      .map(([id]) => id)
      .slice(-6)
  }

  wasAnswered(id: CallId): boolean {
    return this.legs.get(id)?.wasAnswered === true
  }

  /** Legs that nobody has ended. */
  get left(): string[] {
    const open = [...this.legs.values()].filter(({ at }) => at === 'calling' || at === 'up')
    return open.map(({ direction, at }) => `${direction} ${at}`)
  }

  #add(id: CallId, direction: Leg['direction']): void {
    this.legs.set(id, { direction, at: 'calling', by: undefined, wasAnswered: false })
  }

  #answer(leg: Leg): void {
    leg.at = 'up'
    leg.wasAnswered = true
  }

  #end(leg: Leg, by: NonNullable<Leg['by']>): void {
    leg.at = 'over'
    leg.by = by
  }

  #fault(id: CallId, what: string): void {
    const leg = this.legs.get(id)
    const number = [...this.legs.keys()].indexOf(id)
    this.faults.push(`leg ${number} (${leg?.direction} ${leg?.at} ${leg?.by ?? ''}) ${what}`)
  }
}
