import { Failure } from '../../core/failures.ts'
import type { AccountId } from '../../core/ids.ts'
import type { Sound } from '../../core/ports/media.ts'
import type { LiveCall } from '../live-call.ts'

/** Where a call is put whose caller does not care which slot it is. */
const firstSlot = 701
const lastSlot = 999

/** Why a call is not on its slot any more; `moved`: it was told to do something else. */
export type ParkEnd = 'picked_up' | 'timeout' | 'moved' | 'hung_up'

/** A call on a slot. */
export interface Place {
  readonly slot: string
  readonly call: LiveCall
  readonly parkedAtMs: number
  readonly timeoutMs: number
  /** What its phone hears; undefined: the usual music on hold. */
  readonly music: Sound | undefined
  /** Said before it is taken away. */
  end: ParkEnd | undefined
}

/** Slots of each account on which calls are parked. */
export class ParkingLot {
  readonly #places = new Map<AccountId, Map<string, Place>>()

  /**
   * Takes that slot, or the lowest that is free from 701 on; one on which the same call is counts as free. Failures
   * `already_exists`, `limit_reached`: then all is as it was.
   */
  take(place: Omit<Place, 'slot' | 'end'>, wanted: string | undefined): Place {
    const { call } = place
    const { id } = call.made.account
    const slots = this.#places.get(id) ?? new Map<string, Place>()
    if (wanted !== undefined && !isFreeFor(call, slots.get(wanted))) {
      throw new Failure('already_exists', `on slot ${wanted} there is a call already`, 'slot')
    }
    const taken: Place = { ...place, slot: wanted ?? freeSlot(call, slots), end: undefined }
    slots.set(taken.slot, taken)
    this.#places.set(id, slots)
    return taken
  }

  free(place: Place): void {
    const { id } = place.call.made.account
    const slots = this.#places.get(id)
    if (slots?.get(place.slot) !== place) return
    slots.delete(place.slot)
    if (slots.size === 0) this.#places.delete(id)
  }

  at(account: AccountId, slot: string): Place | undefined {
    return this.#places.get(account)?.get(slot)
  }

  /** In the order in which they were parked. */
  of(account: AccountId): readonly Place[] {
    return [...(this.#places.get(account)?.values() ?? [])]
  }
}

const isFreeFor = (call: LiveCall, there: Place | undefined): boolean =>
  there === undefined || there.call === call

function freeSlot(call: LiveCall, slots: ReadonlyMap<string, Place>): string {
  for (let slot = firstSlot; slot <= lastSlot; slot++) {
    if (isFreeFor(call, slots.get(String(slot)))) return String(slot)
  }
  throw new Failure('limit_reached', 'on every slot there is a call')
}
