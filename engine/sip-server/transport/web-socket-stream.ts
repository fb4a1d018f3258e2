import { isUtf8 } from 'node:buffer'
import type { WebSocket } from 'ws'
import { fromWire, toWire } from '../message/text.ts'
import type { Place, Stream } from './peer.ts'
import { type TcpContext, unsentBytes } from './tcp-stream.ts'

/** One WebSocket that a client opened (RFC 7118): a message is a SIP message, whole. */
export class WebSocketStream implements Stream {
  readonly #socket: WebSocket
  readonly #protocol: 'ws' | 'wss'
  readonly #remote: Place
  readonly #local: Place
  readonly #context: TcpContext
  #open: boolean = true
  /** something came since the last ping */
  #heard: boolean = true
  #stopPing: () => void
  #stopWait: () => void

  constructor(
    socket: WebSocket,
    protocol: 'ws' | 'wss',
    remote: Place,
    context: TcpContext,
    local: Place = { address: '', port: 0 },
  ) {
    this.#socket = socket
    this.#protocol = protocol
    this.#remote = remote
    this.#local = local
    this.#context = context
    const { clock, timing } = context
    this.#stopWait = clock.after(timing.stallMs, () => this.destroy())
    this.#stopPing = clock.after(timing.pingMs, () => this.#ping())
    // without `binaryType` set both kinds of message come as a Buffer
    socket.on('message', (bytes: Buffer) => this.#take(bytes))
    socket.on('pong', () => {
      this.#heard = true
    })
    socket.on('error', (error) => this.#broken(error))
    socket.on('close', () => this.destroy())
  }

  get open(): boolean {
    return this.#open
  }

  write(text: string): void {
    if (!this.#open) return
    this.#context.counters.sent++
    this.#tap(true, text)
    this.#put(text)
    if (this.#socket.bufferedAmount > unsentBytes) {
      this.#context.counters.dropped.slowReader++
      this.destroy()
    }
  }

  destroy(): void {
    this.#open = false
    this.#stopPing()
    this.#stopWait()
    this.#socket.terminate()
  }

  #tap(sent: boolean, text: string): void {
    this.#context.tap?.(sent, this.#protocol, this.#local, this.#remote, text)
  }

  #put(text: string): void {
    const bytes = toWire(text)
    // a text message must be UTF-8 (RFC 6455 section 5.6); SIP bodies need not be
    this.#socket.send(bytes, { binary: !isUtf8(bytes) }, () => undefined)
  }

  #take(bytes: Buffer): void {
    if (!this.#open) return
    this.#heard = true
    this.#stopWait()
    const text = fromWire(bytes)
    // RFC 5626 section 4.4.1, which clients use beside or instead of WebSocket pings
    if (text === '\r\n\r\n') this.#put('\r\n')
    if (/^(?:\r\n)*$/.test(text)) return
    this.#tap(false, text)
    const peer = { protocol: this.#protocol, ...this.#remote, stream: this }
    this.#context.handler.received(text, peer)
  }

  /** Who answers no ping is gone (RFC 7118 section 6); nothing else would tell us. */
  #ping(): void {
    const { clock, timing, counters } = this.#context
    if (!this.#heard) {
      counters.dropped.streamBroken++
      this.destroy()
      return
    }
    this.#heard = false
    this.#stopPing = clock.after(timing.pingMs, () => this.#ping())
    this.#socket.ping(undefined, undefined, () => undefined)
  }

  #broken(error: Error & { code?: string }): void {
    const isTooLarge = error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH'
    this.#context.counters.dropped[isTooLarge ? 'tooLarge' : 'streamBroken']++
    this.destroy()
  }
}
