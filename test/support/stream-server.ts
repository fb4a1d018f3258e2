import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import { eventually, type Json } from './engine-process.ts'

/** A server of somebody whose calls' audio comes to him: keeps what it is told by the one that dialled it. */
export class StreamServer {
  readonly told: Json[] = []
  readonly audio: Buffer[] = []
  asked: IncomingMessage | undefined
  socket: WebSocket | undefined
  closed: number | undefined
  readonly url: string
  readonly #server: WebSocketServer

  constructor(server: WebSocketServer) {
    this.#server = server
    this.url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/audio?of=call`
    server.on('connection', (socket, asked) => {
      this.socket = socket
      this.asked = asked
      socket.on('close', (code) => {
        this.closed = code
      })
      socket.on('message', (data: Buffer, isBinary) => {
        if (isBinary) this.audio.push(data)
        else this.told.push(JSON.parse(String(data)))
      })
    })
  }

  static async start(): Promise<StreamServer> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
    await once(server, 'listening')
    return new StreamServer(server)
  }

  say(message: Json): void {
    this.socket?.send(JSON.stringify(message))
  }

  heard = (fits: (told: Json) => boolean): Promise<Json> =>
    eventually(
      async () => this.told.find(fits),
      (found) => found !== undefined,
    )

  close(): void {
    for (const client of this.#server.clients) client.terminate()
    this.#server.close()
  }
}
