import { connect, createServer, type Server, type Socket } from 'node:net'
import type { Server as TlsServer } from 'node:tls'
import type { App } from '../context.ts'
import { orphan } from '../dialog/orphan.ts'
import { listen } from '../transport/listen.ts'
import type { ControlContext } from './commands.ts'
import { type ConnectionWatcher, ControlConnection } from './connection.ts'
import { type ControlTls, secureControl } from './secure.ts'

const maxConnections = 1000

/** Where an application waits for calls. */
export interface ControlPlace {
  readonly host: string
  readonly port: number
}

/** Accepts applications, and connects to those that wait. */
export class ControlListener {
  readonly #server: Server
  readonly #control: ControlContext
  readonly #connections = new Set<ControlConnection>()
  #secure: TlsServer | undefined
  /** of TLS, also those that are still shaking hands, which an end must not wait for */
  readonly #handshakes = new Set<Socket>()
  #stopWatching = (): void => undefined
  #lastId = 0

  constructor(control: ControlContext) {
    this.#control = control
    this.#server = createServer((socket) => this.#accept(socket))
  }

  get connections(): number {
    return this.#connections.size
  }

  /** Resolves with the port; rejects with the system's error, e.g. EADDRINUSE. */
  listen(host: string, port: number): Promise<number> {
    return listen(this.#server, host, port)
  }

  /** The same over TLS, on a port of its own; rejects with what is wrong with the certificate, too. */
  async listenTls(host: string, files: ControlTls): Promise<number> {
    const secure = secureControl(this.#control.sip, files)
    this.#secure = secure.server
    secure.server.on('connection', (socket: Socket) => {
      this.#handshakes.add(socket)
      socket.once('close', () => this.#handshakes.delete(socket))
    })
    secure.server.on('secureConnection', (socket) => this.#accept(socket))
    const port = await listen(secure.server, host, files.port)
    this.#stopWatching = secure.watch()
    return port
  }

  async close(): Promise<void> {
    this.#stopWatching()
    for (const connection of [...this.#connections]) connection.close('shutdown')
    await this.#closeSecure()
    if (!this.#server.listening) return
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
  }

  /**
   * Connects to an application that waits for us (drachtio-srf's `listen`). It speaks first, as one that
   * came by itself; once it is admitted, or cannot be had, `done` says whether it is still wanted.
   */
  dial(place: ControlPlace, done: (app: App | undefined) => boolean): void {
    if (this.#isFull()) {
      this.#control.sip.contain(() => done(undefined))
      return
    }
    let settled = false
    const settle = (connection: ControlConnection | undefined): void => {
      if (settled) return
      settled = true
      this.#control.sip.contain(() => {
        if (!done(connection)) connection?.close('unwanted')
      })
    }
    this.#adopt(connect(place.port, place.host), {
      // a moment later, so that the answer to its secret precedes the request
      admitted: (connection) => {
        setImmediate(() => settle(connection.open ? connection : undefined))
      },
      closed: () => settle(undefined),
    })
  }

  async #closeSecure(): Promise<void> {
    const secure = this.#secure
    for (const socket of this.#handshakes) socket.destroy()
    if (secure?.listening !== true) return
    await new Promise<void>((resolve) => {
      secure.close(() => resolve())
    })
  }

  #accept(socket: Socket): void {
    if (this.#isFull()) socket.destroy()
    else this.#adopt(socket, { admitted: () => undefined, closed: () => undefined })
  }

  #isFull(): boolean {
    const isFull = this.#connections.size >= maxConnections
    if (isFull) this.#control.sip.counters.dropped.connectionLimit++
    return isFull
  }

  #adopt(socket: Socket, watcher: ConnectionWatcher): void {
    const connection = new ControlConnection(++this.#lastId, socket, this.#control, {
      admitted: watcher.admitted,
      closed: (gone) => {
        this.#connections.delete(gone)
        this.#control.apps.removeAll(gone)
        this.#control.sip.contain(() => orphan(this.#control.sip, gone))
        watcher.closed(gone)
      },
    })
    this.#connections.add(connection)
    this.#control.sip.log({ event: 'control.opened', connection: connection.id })
  }
}
