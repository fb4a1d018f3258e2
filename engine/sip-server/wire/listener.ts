import { createServer, type Server, type Socket } from 'node:net'
import { orphan } from '../dialog/orphan.ts'
import { listen } from '../transport/listen.ts'
import type { ControlContext } from './commands.ts'
import { ControlConnection } from './connection.ts'

const maxConnections = 1000

/** Accepts applications. */
export class ControlListener {
  readonly #server: Server
  readonly #control: ControlContext
  readonly #connections = new Set<ControlConnection>()
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

  async close(): Promise<void> {
    for (const connection of [...this.#connections]) connection.close('shutdown')
    if (!this.#server.listening) return
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
  }

  #accept(socket: Socket): void {
    if (this.#connections.size >= maxConnections) {
      this.#control.sip.counters.dropped.connectionLimit++
      socket.destroy()
      return
    }
    const connection = new ControlConnection(++this.#lastId, socket, this.#control, (gone) => {
      this.#connections.delete(gone)
      this.#control.apps.removeAll(gone)
      this.#control.sip.contain(() => orphan(this.#control.sip, gone))
    })
    this.#connections.add(connection)
    this.#control.sip.log({ event: 'control.opened', connection: connection.id })
  }
}
