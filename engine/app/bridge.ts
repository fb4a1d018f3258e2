import type { CallId } from '../core/ids.ts'
import { playHoldMusic } from './hold-music.ts'
import type { LiveCall } from './live-call.ts'
import type { Ports } from './ports.ts'

/** What becomes of a call with nobody left to talk to: it is hung up, or its program goes on. */
export type Afterwards = 'hangUp' | 'goOn'

/** `left`: somebody else has this place now. */
export type Vacated = 'over' | 'left'

/** A call's place in a bridge, which it may take along to another one. */
export class Seat {
  readonly call: LiveCall
  readonly afterwards: Afterwards
  /** Settles when the call is in no bridge any more. */
  readonly vacated: Promise<Vacated>
  /** With whom it is connected, or was last. */
  with: CallId | undefined
  readonly vacate: (how: Vacated) => void

  constructor(call: LiveCall, afterwards: Afterwards) {
    const { promise, resolve } = Promise.withResolvers<Vacated>()
    this.call = call
    this.afterwards = afterwards
    this.vacated = promise
    this.vacate = resolve
  }
}

/**
 * Two calls whose phones are connected. One of them can be exchanged for another call (a transfer); while
 * that is being tried the one that stays is `kept`, even if the other hangs up. The end of one ends the
 * bridge.
 */
export class Bridge {
  readonly #ports: Ports
  #seats: Seat[]
  #kept: LiveCall | undefined

  private constructor(ports: Ports, seats: Seat[]) {
    this.#ports = ports
    this.#seats = seats
  }

  /** Connects two calls, neither of which is in a bridge. */
  static async join(ports: Ports, a: Seat, b: Seat): Promise<Bridge> {
    await ports.media.bridge(a.call.id, b.call.id)
    const bridge = new Bridge(ports, [a, b])
    bridge.#begin()
    await a.call.note('bridge.started', { with: b.call.id })
    return bridge
  }

  other(call: LiveCall): LiveCall | undefined {
    return this.#seats.find((seat) => seat.call !== call)?.call
  }

  seatOf(call: LiveCall): Seat | undefined {
    return this.#seats.find((seat) => seat.call === call)
  }

  /** Somebody else is being sought for this call. */
  get kept(): LiveCall | undefined {
    return this.#kept
  }

  /** Seeks somebody else for `call`; `settle` must follow. False when that is under way already. */
  keep(call: LiveCall): boolean {
    if (this.#kept || !this.seatOf(call)) return false
    this.#kept = call
    return true
  }

  /** Nobody is sought any more: the bridge goes on, or is over if one has gone meanwhile. */
  settle(): void {
    this.#kept = undefined
    if (this.#seats.length < 2) this.#end()
    else for (const { call } of this.#seats) playHoldMusic(this.#ports, call)
  }

  /** `coming` takes the place of `leaving` (who may have gone); it leaves the bridge that it was in. */
  async replace(leaving: LiveCall, coming: Seat): Promise<void> {
    const stays = this.#seats.find((seat) => seat.call !== leaving)
    if (!stays) return
    const from = coming.call.bridge
    if (from) from.#release(coming)
    const left = this.seatOf(leaving)
    this.#seats = [stays, coming]
    if (left) vacate(left)
    try {
      await this.#ports.media.bridge(stays.call.id, coming.call.id)
    } finally {
      // Also when they do not hear each other: the end of one has to be that of the other.
      this.#begin()
    }
    await stays.call.note('bridge.ended', { with: leaving.id })
    await stays.call.note('bridge.started', { with: coming.call.id })
  }

  /** The call's program is done with the bridge: the other is hung up, unless somebody else is sought for it. */
  dismiss(call: LiveCall): void {
    const other = this.other(call)
    if (!other || this.#kept !== other) {
      if (other && !other.over.aborted) other.feed({ is: 'hangup', by: 'peer' })
      return
    }
    const seat = this.seatOf(call)
    this.#seats = this.#seats.filter((one) => one !== seat)
    if (seat) vacate(seat)
  }

  /** The call goes elsewhere, nobody comes for it: for whoever sat opposite it is as if it had ended. */
  depart(call: LiveCall): void {
    const seat = this.seatOf(call)
    if (!seat) return
    this.#seats = this.#seats.filter((one) => one !== seat)
    vacate(seat)
    this.#end()
  }

  /** Takes the seats that are new. */
  #begin(): void {
    for (const seat of this.#seats) {
      const { call } = seat
      seat.with = this.other(call)?.id
      if (call.bridge === this) continue
      call.bridge = this
      void call.ended.then(() => this.#gone(seat))
    }
    for (const { call } of this.#seats) playHoldMusic(this.#ports, call)
  }

  /** The seat goes to another bridge; whoever sat opposite is alone, and somebody else's business. */
  #release(seat: Seat): void {
    const others = this.#seats.filter((one) => one !== seat)
    this.#seats = []
    seat.call.bridge = undefined
    for (const one of others) vacate(one)
  }

  #gone(seat: Seat): void {
    if (!this.#seats.includes(seat)) return
    this.#seats = this.#seats.filter((one) => one !== seat)
    seat.call.bridge = undefined
    seat.vacate('over')
    if (this.#kept === undefined) this.#end()
  }

  #end(): void {
    const seats = this.#seats
    this.#seats = []
    for (const seat of seats) void this.#empty(seat)
  }

  async #empty(seat: Seat): Promise<void> {
    const { call } = seat
    call.bridge = undefined
    try {
      await this.#ports.media.unbridge(call.id)
    } catch (error) {
      this.#ports.log.warn('bridge not undone', { callId: call.id, error: String(error) })
    }
    playHoldMusic(this.#ports, call)
    seat.vacate('over')
    if (seat.afterwards === 'hangUp' && !call.over.aborted) call.feed({ is: 'hangup', by: 'peer' })
  }
}

function vacate(seat: Seat): void {
  seat.call.bridge = undefined
  seat.vacate('left')
}
