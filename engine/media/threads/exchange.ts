import { Failure } from '../../core/failures.ts'
import type { LentDoor, ThreadWay } from '../messages.ts'
import { BorrowedRtpPort, BorrowedWebRtcPort } from './borrowed-port.ts'
import { type Door, Lender } from './lender.ts'
import { onOwnClockMs } from './shared-clock.ts'
import { Way, type WayMessage } from './way.ts'

/** Packets of ports of this thread go to legs of others, and those of legs of this thread to ports of others. */
export class Exchange {
  readonly #index: number
  readonly #lender: Lender
  readonly #nowMs: () => number
  readonly #ways = new Map<number, Way>()
  /** The same for the tick, which must not make an iterator. */
  readonly #list: Way[] = []
  readonly #borrowed = new Map<number, BorrowedRtpPort | BorrowedWebRtcPort>()
  #inTick = false
  /** Of the packet that is being handed over; -1: none is. */
  #arrivedMs = -1

  /** `nowMs`: whole milliseconds, on the clock of the tick. */
  constructor(index: number, nowMs: () => number, trouble: (message: string) => void) {
    this.#index = index
    this.#lender = new Lender(index, trouble)
    this.#nowMs = nowMs
  }

  /** Now, or when the packet that is being handed over has arrived. */
  readonly nowMs = (): number => (this.#arrivedMs < 0 ? this.#nowMs() : this.#arrivedMs)

  /** Packets that were dropped as another thread stood still. */
  get dropped(): number {
    return this.#list.reduce((sum, way) => sum + way.dropped, 0)
  }

  link(way: ThreadWay): void {
    this.#ways.get(way.peer)?.close()
    const opened: Way = new Way(way, {
      onPacket: (lease, isOutbound, packet, bytes, atMs) => {
        if (isOutbound) this.#lender.send(lease, packet, bytes)
        else this.#arrived(lease, packet, bytes, atMs)
      },
      onMessage: (message) => this.#message(opened, message),
      onGone: () => this.#gone(opened),
    })
    this.#ways.set(way.peer, opened)
    this.#list.push(opened)
  }

  /** Before a tick: takes what came for legs of this thread. */
  begin(): void {
    this.#inTick = true
    for (let i = 0; i < this.#list.length; i++) this.#list[i]!.drain()
  }

  /** After a tick: what was written in it is sent by the others at once. */
  end(): void {
    this.#inTick = false
    for (let i = 0; i < this.#list.length; i++) this.#list[i]!.call()
  }

  /** The door of a leg that goes to the thread `to`. */
  handOver(door: Door, to: number, isCurrent: boolean): LentDoor {
    if (!(door instanceof BorrowedRtpPort || door instanceof BorrowedWebRtcPort)) {
      return this.#lender.lend(door, this.wayTo(to), isCurrent)
    }
    const { owner, lease, memory: figures } = door
    this.#borrowed.delete(lease)
    const told = { owner, lease, figures, isCurrent }
    return door.kind === 'webrtc'
      ? { ...told, kind: 'webrtc', end: door.end }
      : { ...told, kind: 'addressed', localPort: door.localPort }
  }

  relend(leases: readonly number[], to: number): void {
    for (const lease of leases) this.#lender.relend(lease, this.wayTo(to))
  }

  /** The door of a leg that has come, which may be one of ours. */
  take(lent: LentDoor): Door {
    if (lent.owner === this.#index) {
      const door = this.#lender.takeBack(lent.lease)
      if (!door) throw new Failure('call_ended', 'The port is closed')
      return door
    }
    const way = this.wayTo(lent.owner)
    const wake = (of: Way): void => {
      if (!this.#inTick) of.call()
    }
    const door =
      lent.kind === 'webrtc'
        ? new BorrowedWebRtcPort(lent, way, wake)
        : new BorrowedRtpPort(lent, way, wake)
    this.#borrowed.set(lent.lease, door)
    return door
  }

  async giveUp(leases: readonly number[]): Promise<void> {
    await Promise.all(leases.map((lease) => this.#lender.close(lease)))
  }

  /** Once a second, or more often. */
  publish(): void {
    this.#lender.publish()
  }

  close(): void {
    for (const way of this.#list) way.close()
  }

  /** Failure `no_media_port` when there is none: that thread is no more. */
  wayTo(peer: number): Way {
    const way = this.#ways.get(peer)
    if (!way) throw new Failure('no_media_port', 'The other media thread is gone')
    return way
  }

  #arrived(lease: number, packet: Buffer, bytes: number, atMs: number): void {
    this.#arrivedMs = Math.max(0, Math.trunc(onOwnClockMs(atMs)))
    this.#borrowed.get(lease)?.onPacket(packet, bytes)
    this.#arrivedMs = -1
  }

  #message(way: Way, message: WayMessage): void {
    switch (message.is) {
      case 'aim':
        this.#lender.aim(message.lease, message.target)
        break
      case 'plays':
        this.#lender.plays(message.lease, message.figures)
        break
      case 'restartIce':
        void this.#lender.restartIce(message.lease, way)
        break
      case 'close':
        void this.#lender
          .close(message.lease)
          .then(() => way.tell({ is: 'closed', lease: message.lease }))
        break
      case 'closed':
        this.#borrowed.get(message.lease)?.gone()
        this.#borrowed.delete(message.lease)
        break
      default:
        this.#ofWebRtc(message)
    }
  }

  #ofWebRtc(message: WayMessage): void {
    if (!('lease' in message)) return
    const port = this.#borrowed.get(message.lease)
    if (!(port instanceof BorrowedWebRtcPort)) return
    if (message.is === 'connection') port.onConnection(message.state)
    else if (message.is === 'restarted') port.restarted(message.end)
    else if (message.is === 'notRestarted') {
      port.notRestarted(new Failure(message.code, message.message))
    }
  }

  /** The other thread is no more: its ports can't be used, and nobody has those that we lent it. */
  #gone(way: Way): void {
    if (this.#ways.get(way.peer) === way) this.#ways.delete(way.peer)
    const at = this.#list.indexOf(way)
    if (at >= 0) this.#list.splice(at, 1)
    void this.#lender.closeAll(way)
    for (const [lease, port] of this.#borrowed) {
      if (!port.isBy(way)) continue
      this.#borrowed.delete(lease)
      port.gone()
    }
  }
}
