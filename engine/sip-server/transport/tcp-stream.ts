import type { Socket } from 'node:net'
import type { Clock } from '../clock.ts'
import type { Counters } from '../counters.ts'
import { MessageStream, type Piece } from '../message/stream.ts'
import { fromWire, toWire } from '../message/text.ts'
import type { Timing } from '../timing.ts'
import type { Place, Stream, TransportHandler } from './peer.ts'
import type { Tap } from './tap.ts'

/** A peer that does not read is cut off rather than buffered for. */
export const unsentBytes = 1024 * 1024

/** Silence before the system asks the other side, ten times, a second apart: who is gone is gone in 30 s. */
const keepAliveMs = 18_000

export interface TcpContext {
  readonly handler: TransportHandler
  readonly counters: Counters
  readonly clock: Clock
  readonly timing: Timing
  readonly tap?: Tap | undefined
}

/** One TCP or TLS connection, accepted or opened by us. */
export class TcpStream implements Stream {
  readonly #protocol: 'tcp' | 'tls'
  readonly #local: Place
  readonly #remote: Place
  readonly #socket: Socket
  readonly #context: TcpContext
  readonly #messages = new MessageStream()
  #unfinishedSinceMs: number | undefined
  #heardAtMs: number
  #open: boolean = true

  constructor(socket: Socket, protocol: 'tcp' | 'tls', remote: Place, context: TcpContext) {
    this.#socket = socket
    this.#context = context
    this.#protocol = protocol
    this.#local = { address: socket.localAddress ?? '', port: socket.localPort ?? 0 }
    this.#remote = remote
    this.#heardAtMs = context.clock.nowMs()
    socket.setNoDelay(true)
    // a peer that vanished without a word is noticed by the system, but not while it owes us receipts
    socket.setKeepAlive(true, keepAliveMs)
    socket.setTimeout(context.timing.stallMs, () => this.destroy())
    socket.on('data', (bytes) => this.#read(bytes))
    socket.on('error', () => this.destroy())
    socket.on('close', () => this.destroy())
  }

  get open(): boolean {
    return this.#open
  }

  get heardAtMs(): number {
    return this.#heardAtMs
  }

  write(text: string): void {
    if (!this.#open) return
    this.#context.counters.sent++
    this.#context.tap?.(true, this.#protocol, this.#local, this.#remote, text)
    this.#socket.write(toWire(text))
    if (this.#socket.writableLength > unsentBytes) {
      this.#context.counters.dropped.slowReader++
      this.destroy()
    }
  }

  destroy(): void {
    this.#open = false
    this.#socket.destroy()
  }

  #read(bytes: Buffer): void {
    const { clock, timing, counters } = this.#context
    this.#heardAtMs = clock.nowMs()
    for (const piece of this.#messages.push(fromWire(bytes))) this.#take(piece)
    if (!this.#open) return
    if (this.#messages.heldBytes === 0) {
      this.#unfinishedSinceMs = undefined
      this.#socket.setTimeout(timing.idleMs)
      return
    }
    // one message may not be dripped in for ever
    this.#unfinishedSinceMs ??= clock.nowMs()
    if (clock.nowMs() - this.#unfinishedSinceMs > timing.stallMs) {
      counters.dropped.streamBroken++
      this.destroy()
      return
    }
    this.#socket.setTimeout(timing.stallMs)
  }

  #take(piece: Piece): void {
    const { counters, handler, tap } = this.#context
    if (piece.is === 'ping') {
      this.#socket.write('\r\n')
      return
    }
    if (piece.is === 'broken') {
      counters.dropped[piece.cause === 'tooLarge' ? 'tooLarge' : 'streamBroken']++
    }
    this.#unfinishedSinceMs = undefined
    tap?.(false, this.#protocol, this.#local, this.#remote, piece.text)
    handler.received(piece.text, {
      protocol: this.#protocol,
      ...this.#remote,
      stream: this,
    })
    // where the next message starts is unknown now; what was owed has been written
    if (piece.is === 'broken') this.#socket.end(() => this.destroy())
  }
}
