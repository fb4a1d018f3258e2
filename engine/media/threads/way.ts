import type { MessagePort } from 'node:worker_threads'
import type { FailureCode } from '../../core/failures.ts'
import type { ConnectionState } from '../../core/ports/media.ts'
import type { WebRtcEnd } from '../agreement.ts'
import type { ThreadWay } from '../messages.ts'
import type { PlayoutFigures } from '../rtp/link-figures.ts'
import type { RtpTarget } from '../rtp/rtp-port.ts'
import { PacketRing } from './packet-ring.ts'

/** What two threads tell each other of a port that one has lent to the other. */
export type WayMessage =
  | { readonly is: 'aim'; readonly lease: number; readonly target: RtpTarget }
  | { readonly is: 'plays'; readonly lease: number; readonly figures: PlayoutFigures }
  | { readonly is: 'restartIce'; readonly lease: number }
  | { readonly is: 'close'; readonly lease: number }
  | { readonly is: 'connection'; readonly lease: number; readonly state: ConnectionState }
  | { readonly is: 'restarted'; readonly lease: number; readonly end: WebRtcEnd }
  | {
      readonly is: 'notRestarted'
      readonly lease: number
      readonly code: FailureCode
      readonly message: string
    }
  | { readonly is: 'closed'; readonly lease: number }
  /** There are packets to be sent. */
  | { readonly is: 'packets' }

export interface WayEnds {
  /** A packet for, or of, one of our ports. The bytes are lent for the call; `atMs` is on `sharedNowMs`. */
  onPacket(lease: number, isOutbound: boolean, packet: Buffer, bytes: number, atMs: number): void
  onMessage(message: WayMessage): void
  /** The other thread is no more. */
  onGone(): void
}

const packets: WayMessage = { is: 'packets' }

/** Our end of the way to another media thread. */
export class Way {
  readonly peer: number
  readonly #port: MessagePort
  readonly #incoming: PacketRing
  readonly #outgoing: PacketRing
  readonly #ends: WayEnds
  #isOwing = false

  constructor({ peer, port, incoming, outgoing }: ThreadWay, ends: WayEnds) {
    this.peer = peer
    this.#port = port
    this.#incoming = new PacketRing(incoming)
    this.#outgoing = new PacketRing(outgoing)
    this.#ends = ends
    port.on('message', (message: WayMessage) => {
      if (message.is === 'packets') this.drain()
      else ends.onMessage(message)
    })
    port.on('close', () => ends.onGone())
  }

  /** Packets of ours that found no room. */
  get dropped(): number {
    return this.#outgoing.dropped
  }

  tell(message: WayMessage): void {
    this.#port.postMessage(message)
  }

  /** A packet that came to a port of ours; the other thread looks for it in its next tick. */
  received(lease: number, packet: Uint8Array, bytes: number, atMs: number): void {
    this.#outgoing.put(lease, false, packet, bytes, atMs)
  }

  /** A packet that the other thread is to send once it is called. */
  toSend(lease: number, packet: Uint8Array, bytes: number): void {
    if (this.#outgoing.put(lease, true, packet, bytes, 0)) this.#isOwing = true
  }

  /** Calls the other thread, when there is something for it to send. */
  call(): void {
    if (!this.#isOwing) return
    this.#isOwing = false
    if (this.#outgoing.call()) this.#port.postMessage(packets)
  }

  /** Takes all that has come. */
  drain(): void {
    const ring = this.#incoming
    ring.come()
    while (ring.take()) {
      this.#ends.onPacket(ring.lease, ring.isOutbound, ring.packet, ring.bytes, ring.atMs)
    }
  }

  close(): void {
    this.#port.close()
  }
}
