import { connect, createServer, type Server, type Socket } from 'node:net'
import { listen } from './listen.ts'
import type { SendFailure } from './peer.ts'
import { type TcpContext, TcpStream } from './tcp-stream.ts'

const maxConnections = 10_000
/** messages kept for a connection that is still being opened */
const waitingMessages = 100

interface Opening {
  readonly waiting: { readonly text: string; readonly failed: (why: SendFailure) => void }[]
}

const keyOf = (address: string, port: number): string => `${address} ${port}`

/** The TCP listener and all connections, looked up by the peer's address and port. */
export class TcpTransport {
  readonly #server: Server
  readonly #context: TcpContext
  readonly #streams = new Map<string, TcpStream>()
  readonly #opening = new Map<string, Opening>()
  #open: boolean = true

  constructor(context: TcpContext) {
    this.#context = context
    this.#server = createServer((socket) => this.#accept(socket))
  }

  get connections(): number {
    return this.#streams.size
  }

  /** Resolves with the port; rejects with the system's error, e.g. EADDRINUSE. */
  listen(host: string, port: number): Promise<number> {
    return listen(this.#server, host, port)
  }

  /** Writes on the open connection to that address and port, or opens one first. */
  send(text: string, address: string, port: number, failed: (why: SendFailure) => void): void {
    if (!this.#open) {
      failed('closed')
      return
    }
    const key = keyOf(address, port)
    const stream = this.#streams.get(key)
    if (stream?.open === true) {
      stream.write(text)
      return
    }
    const opening = this.#opening.get(key)
    if (opening === undefined) this.#connect(key, address, port, { waiting: [{ text, failed }] })
    else if (opening.waiting.length >= waitingMessages) failed('unreachable')
    else opening.waiting.push({ text, failed })
  }

  async close(): Promise<void> {
    if (!this.#open) return
    this.#open = false
    for (const stream of this.#streams.values()) stream.destroy()
    if (!this.#server.listening) return
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
  }

  #accept(socket: Socket): void {
    const address = socket.remoteAddress
    const port = socket.remotePort
    if (address === undefined || port === undefined || this.#streams.size >= maxConnections) {
      this.#context.counters.dropped.connectionLimit++
      socket.destroy()
      return
    }
    this.#adopt(socket, address, port)
  }

  #adopt(socket: Socket, address: string, port: number): TcpStream {
    const key = keyOf(address, port)
    const stream = new TcpStream(socket, { address, port }, this.#context)
    this.#streams.set(key, stream)
    socket.once('close', () => {
      if (this.#streams.get(key) === stream) this.#streams.delete(key)
    })
    return stream
  }

  #connect(key: string, address: string, port: number, opening: Opening): void {
    this.#opening.set(key, opening)
    const socket = connect({ host: address, port })
    const fail = (): void => {
      if (this.#opening.get(key) !== opening) return
      this.#opening.delete(key)
      cancelWait()
      socket.destroy()
      for (const { failed } of opening.waiting) failed('unreachable')
    }
    const cancelWait = this.#context.clock.after(this.#context.timing.connectMs, fail)
    socket.once('error', fail)
    socket.once('connect', () => {
      if (this.#opening.get(key) !== opening) return
      this.#opening.delete(key)
      cancelWait()
      socket.off('error', fail)
      if (!this.#open) {
        socket.destroy()
        return
      }
      const stream = this.#adopt(socket, address, port)
      for (const { text } of opening.waiting) stream.write(text)
    })
  }
}
