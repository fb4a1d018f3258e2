import { connect, createServer, type Socket } from 'node:net'
import { listenOn } from './sockets.ts'

const hash = 0x23

/** Cuts a byte stream of `<length>#<payload>` into payloads. Wrong framing is reported once. */
export class FrameReader {
  readonly #onPayload: (payload: Buffer) => void
  #pending = Buffer.alloc(0)

  constructor(onPayload: (payload: Buffer) => void) {
    this.#onPayload = onPayload
  }

  push(chunk: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, chunk])
    for (;;) {
      const end = this.#pending.indexOf(hash)
      const bytes = end > 0 ? Number(this.#pending.toString('latin1', 0, end)) : Number.NaN
      if (!Number.isInteger(bytes) || this.#pending.length < end + 1 + bytes) return
      this.#onPayload(Buffer.from(this.#pending.subarray(end + 1, end + 1 + bytes)))
      this.#pending = this.#pending.subarray(end + 1 + bytes)
    }
  }
}

export interface ProxyEvents {
  frame(connection: string, toServer: boolean, payload: string): void
  /** The server's side ended the connection. */
  serverClosed(connection: string): void
}

export interface ControlProxy {
  readonly port: number
  close(): void
}

export interface ProxyOptions {
  readonly targetPort: number
  readonly targetHost?: string
  readonly port?: number
  readonly label: (count: number) => string
  readonly events: ProxyEvents
}

/** Stands between an application and the control port and reports every frame that passes. */
export async function startControlProxy(options: ProxyOptions): Promise<ControlProxy> {
  const sockets = new Set<Socket>()
  let count = 0
  const server = createServer((near) => {
    const far = connect(options.targetPort, options.targetHost ?? '127.0.0.1')
    join(near, far, options.label(++count), options)
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
    }
  })
  const port = await listenOn(server, options.port ?? 0)
  const close = (): void => {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
  return { port, close }
}

function join(near: Socket, far: Socket, label: string, options: ProxyOptions): void {
  const { events } = options
  const report = (toServer: boolean) => (payload: Buffer) =>
    events.frame(label, toServer, payload.toString('utf8'))
  const fromNear = new FrameReader(report(true))
  const fromFar = new FrameReader(report(false))
  let ended = false
  /** Whoever ends first is the one that closed. */
  const end = (socket: Socket, other: Socket): void => {
    if (!ended && socket === far) events.serverClosed(label)
    ended = true
    other.end()
  }
  for (const [socket, other, reader] of [
    [near, far, fromNear],
    [far, near, fromFar],
  ] as const) {
    socket.setNoDelay(true)
    socket.on('data', (chunk) => {
      reader.push(chunk)
      other.write(chunk)
    })
    socket.on('end', () => end(socket, other))
    socket.on('error', () => {
      end(socket, other)
      other.destroy()
    })
    socket.on('close', () => {
      end(socket, other)
      other.destroy()
    })
  }
}
