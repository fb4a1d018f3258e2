import { MessageChannel } from 'node:worker_threads'
import { Failure } from '../../core/failures.ts'
import type { LentDoor, PackedLeg } from '../messages.ts'
import type { OpenLeg } from './open-leg.ts'
import { RING_BYTES } from './packet-ring.ts'
import type { Slot } from './slot.ts'

/** Others may move the same legs at the same time; they do not for ever. */
const MOST_MOVES = 8

/**
 * Brings legs into one thread. The socket stays where it is, the leg moves: its packets then pass between the two
 * threads through rings in shared memory.
 */
export class Mover {
  readonly #slots: readonly Slot[]
  readonly #failed: (leg: OpenLeg) => void
  /** The ways that there are between two threads, by their indexes. */
  readonly #ways = new Map<string, Promise<unknown>>()

  /** `failed`: a thread has died while the leg was between two. */
  constructor(slots: readonly Slot[], failed: (leg: OpenLeg) => void) {
    this.#slots = slots
    this.#failed = failed
  }

  /** The ways of a thread that has died are gone with it. */
  forget({ index }: Slot): void {
    for (const key of this.#ways.keys()) {
      if (key.split('-').includes(String(index))) this.#ways.delete(key)
    }
  }

  /**
   * When it resolves both are in one thread and can be asked at once. Failure `no_media_port` when that fails.
   * `fixed`: which of them is not to move, as it would leave others behind.
   */
  async together(a: OpenLeg, b: OpenLeg, fixed?: OpenLeg): Promise<void> {
    for (let n = 0; n < MOST_MOVES; n++) {
      while (a.gate !== undefined || b.gate !== undefined) await (a.gate ?? b.gate)
      if (a.slot === b.slot) return
      const aStays = fixed ? fixed === a : isHeavier(a, b)
      const [moves, stays] = aStays ? [b, a] : [a, b]
      await this.#move(moves, stays.slot)
    }
    throw new Failure('no_media_port', 'The legs did not come into one media thread')
  }

  /** When it resolves the leg is in that thread and can be asked at once. Failure as `together`. */
  async bring(leg: OpenLeg, slot: Slot): Promise<void> {
    for (let n = 0; n < MOST_MOVES; n++) {
      while (leg.gate !== undefined) await leg.gate
      if (leg.slot === slot) return
      await this.#move(leg, slot)
    }
    throw new Failure('no_media_port', 'The leg did not come into the media thread')
  }

  #move(leg: OpenLeg, to: Slot): Promise<void> {
    return leg.exclusively(async () => {
      if (leg.slot === to) return
      const from = leg.slot
      await Promise.all(leg.sides.map(({ end }) => end.catch(() => undefined)))
      await this.#link(from, to)
      const packed = await from.ask('pack', { leg: leg.id, to: to.index }, null)
      // Its thread has died: another story.
      if (!packed) return
      leg.lent = packed.doors
      await this.#unpack(leg, packed, to)
    })
  }

  async #unpack(leg: OpenLeg, packed: PackedLeg, to: Slot): Promise<void> {
    try {
      await this.#relend(packed.doors, leg.slot, to)
      await to.ask('unpack', { leg: leg.id, packed })
    } catch (error) {
      this.#failed(leg)
      throw error
    }
    leg.epoch += 1
    leg.lent = packed.doors.filter(({ owner }) => owner !== to.index)
    leg.settleIn(to)
  }

  /** Doors that belong neither to the one nor to the other are lent by their owners. */
  async #relend(doors: readonly LentDoor[], from: Slot, to: Slot): Promise<void> {
    for (const { owner, lease } of doors) {
      const slot = this.#slots[owner]
      if (!slot || slot === from || slot === to) continue
      await this.#link(slot, to)
      await slot.ask('lend', { leases: [lease], to: to.index })
    }
  }

  #link(a: Slot, b: Slot): Promise<unknown> {
    const key = a.index < b.index ? `${a.index}-${b.index}` : `${b.index}-${a.index}`
    const known = this.#ways.get(key)
    if (known !== undefined) return known
    const { port1, port2 } = new MessageChannel()
    const [there, back] = [new SharedArrayBuffer(RING_BYTES), new SharedArrayBuffer(RING_BYTES)]
    const wayOfA = { peer: b.index, port: port1, incoming: back, outgoing: there }
    const wayOfB = { peer: a.index, port: port2, incoming: there, outgoing: back }
    const linked = Promise.all([
      a.ask('link', { way: wayOfA }, undefined, [port1]),
      b.ask('link', { way: wayOfB }, undefined, [port2]),
    ])
    this.#ways.set(key, linked)
    linked.catch(() => this.#ways.delete(key))
    return linked
  }
}

/** The one that had better stay: its file would have to change hands, it is far from its port already. */
function isHeavier(a: OpenLeg, b: OpenLeg): boolean {
  const effort = (leg: OpenLeg, other: OpenLeg): number => {
    const goesHome =
      leg.lent.length > 0 && leg.lent.every(({ owner }) => owner === other.slot.index)
    return (leg.recordings.size > 0 ? 4 : 0) + (leg.member ? 2 : 0) - (goesHome ? 1 : 0)
  }
  const [ofA, ofB] = [effort(a, b), effort(b, a)]
  return ofA === ofB ? a.slot.weight > b.slot.weight : ofA > ofB
}
