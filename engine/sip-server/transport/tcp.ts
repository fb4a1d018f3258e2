import type { Server, Socket } from 'node:net'
import { listen } from './listen.ts'
import { type Place, plainAddress, type SendFailure, type Target } from './peer.ts'
import { type TcpContext, TcpStream } from './tcp-stream.ts'
import { maxConnections, type Wire } from './wire.ts'

/** messages kept for a connection that is still being opened */
const waitingMessages = 100

/** A message on its way; one whose gate is shut by the time there is a connection is not sent. */
interface Outgoing extends Pick<Target, 'gate'> {
  readonly text: string
  readonly failed: (why: SendFailure) => void
}

interface Opening {
  readonly socket: Socket
  readonly waiting: Outgoing[]
}

/** The listener of TCP or TLS and all connections, looked up by the peer's address and port. */
export class TcpTransport<S extends Server = Server> {
  readonly server: S
  readonly #wire: Wire<S>
  readonly #context: TcpContext
  readonly #streams = new Set<TcpStream>()
  readonly #streamOf = new Map<string, TcpStream>()
  readonly #opening = new Map<string, Opening>()
  readonly #sockets = new Set<Socket>()
  #open: boolean = true

  constructor(context: TcpContext, wire: Wire<S>) {
    this.#context = context
    this.#wire = wire
    this.server = wire.serve((socket) => this.#accept(socket))
    // of TLS also those that are still shaking hands, which an end must not wait for
    this.server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
  }

  get connections(): number {
    return this.#streams.size
  }

  /** Resolves with the port; rejects with the system's error, e.g. EADDRINUSE. */
  listen(host: string, port: number): Promise<number> {
    return listen(this.server, host, port)
  }

  /** The connection to that place that `send` would use. */
  find(place: Place, name: string): TcpStream | undefined {
    return this.#streamOf.get(this.#wire.keyOf(place, name))
  }

  /** Writes on the open connection to that place, or opens one first; `name` is whom it is for. */
  send(place: Place, name: string, message: Outgoing): void {
    if (!this.#open) {
      message.failed('closed')
      return
    }
    const key = this.#wire.keyOf(place, name)
    const stream = this.#streamOf.get(key)
    if (stream?.open === true) {
      stream.write(message.text)
      return
    }
    const opening = this.#opening.get(key)
    if (opening === undefined) {
      const socket = this.#wire.connect(place, name)
      this.#await(key, place, { socket, waiting: [message] })
    } else if (opening.waiting.length >= waitingMessages) message.failed('unreachable')
    else opening.waiting.push(message)
  }

  async close(): Promise<void> {
    if (!this.#open) return
    this.#open = false
    for (const stream of this.#streams) stream.destroy()
    for (const socket of this.#sockets) socket.destroy()
    // they would hold the thread for as long as the system tries
    for (const { socket } of this.#opening.values()) socket.destroy()
    if (!this.server.listening) return
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve())
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
    const place = { address: plainAddress(address), port }
    this.#adopt(socket, [this.#wire.keyOf(place, place.address)], place)
  }

  #adopt(socket: Socket, keys: readonly string[], remote: Place): TcpStream {
    const stream = new TcpStream(socket, this.#wire.protocol, remote, this.#context)
    this.#streams.add(stream)
    for (const key of keys) this.#streamOf.set(key, stream)
    socket.once('close', () => {
      this.#streams.delete(stream)
      for (const key of keys) if (this.#streamOf.get(key) === stream) this.#streamOf.delete(key)
      this.#context.handler.closed?.(stream)
    })
    return stream
  }

  #await(key: string, place: Place, opening: Opening): void {
    const { socket } = opening
    this.#opening.set(key, opening)
    const fail = (): void => {
      if (this.#opening.get(key) !== opening) return
      this.#opening.delete(key)
      cancelWait()
      socket.destroy()
      for (const { failed } of opening.waiting) failed('unreachable')
    }
    const cancelWait = this.#context.clock.after(this.#context.timing.connectMs, fail)
    socket.once('error', fail)
    socket.once(this.#wire.ready, () => {
      if (this.#opening.get(key) !== opening) return
      this.#opening.delete(key)
      cancelWait()
      socket.off('error', fail)
      if (!this.#open) {
        socket.destroy()
        return
      }
      // The route of a dialog may give the address of whom we reached by name.
      const byAddress = this.#wire.keyOf(place, place.address)
      const stream = this.#adopt(socket, [key, byAddress], place)
      for (const { text, gate } of opening.waiting) if (gate?.shut !== true) stream.write(text)
    })
  }
}
