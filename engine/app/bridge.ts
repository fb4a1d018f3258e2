import type { CallId } from '../core/ids.ts'
import type { TransferWish } from '../core/ports/sip.ts'
import { connectAudio, partAudio } from './actions/audio.ts'
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
  /** Whoever sits opposite wishes it to be sent elsewhere: its program grants that, or rejects with a Failure. */
  onRefer: ((by: LiveCall, wish: TransferWish) => Promise<void>) | undefined

  constructor(call: LiveCall, afterwards: Afterwards) {
    const { promise, resolve } = Promise.withResolvers<Vacated>()
    this.call = call
    this.afterwards = afterwards
    this.vacated = promise
    this.vacate = resolve
  }
}

/** The program of a seat is done with it, in whatever bridge it is by now. */
export function rise(seat: Seat): void {
  const { call } = seat
  if (call.bridge?.seatOf(call) === seat) call.bridge.dismiss(call)
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
    await connectAudio(ports, a.call, b.call)
    const bridge = new Bridge(ports, [a, b])
    bridge.#begin()
    await a.call.note('bridge.started', { with: b.call.id })
    return bridge
  }

  /**
   * The same at once: the two are in the bridge before anything is waited for, and nothing else can come between.
   * When they can't be connected the bridge is over, and it rejects.
   */
  static async connect(ports: Ports, a: Seat, b: Seat): Promise<void> {
    const bridge = new Bridge(ports, [a, b])
    bridge.#begin()
    try {
      await connectAudio(ports, a.call, b.call)
    } catch (error) {
      bridge.#end()
      throw error
    }
    await a.call.note('bridge.started', { with: b.call.id })
    await b.call.note('bridge.started', { with: a.call.id })
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
      await connectAudio(this.#ports, stays.call, coming.call)
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

  /** Nobody is connected any more, and nobody is hung up for it. Who sat there. */
  part(): readonly Seat[] {
    const seats = this.#seats
    this.#seats = []
    for (const { call } of seats) {
      call.bridge = undefined
      partAudio(this.#ports, call).catch((error: unknown) => {
        this.#ports.log.warn('bridge not undone', { callId: call.id, error: String(error) })
      })
      playHoldMusic(this.#ports, call)
    }
    return seats
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
      await partAudio(this.#ports, call)
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
  // Who listens to it does not hear whom it has left.
  void seat.call.acts.room?.settle().catch(() => undefined)
  seat.vacate('left')
}
