import { once } from 'node:events'
import { type ClientOptions, WebSocket } from 'ws'
import { key } from '../api-lab.ts'

// biome-ignore lint/suspicious/noExplicitAny: JSON of the wire, looked at by expectations alone
type Json = any

/** A client of the WebSocket that keeps all it was told. */
export class SocketClient {
  readonly told: Json[] = []
  readonly closed: Promise<{ code: number; reason: string }>
  readonly socket: WebSocket
  #waiting = Promise.withResolvers<void>()

  private constructor(socket: WebSocket) {
    this.socket = socket
    socket.on('message', (text) => {
      this.told.push(JSON.parse(String(text)))
      this.#waiting.resolve()
      this.#waiting = Promise.withResolvers()
    })
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => resolve({ code, reason: String(reason) }))
    })
  }

  /** Open; rejects with the status of a refusal. */
  static async open(url: string, options: ClientOptions = asOurs): Promise<SocketClient> {
    const socket = new WebSocket(url, options)
    const client = new SocketClient(socket)
    const refused = new Promise<never>((_resolve, reject) => {
      socket.once('unexpected-response', (_request, { statusCode }) => {
        socket.on('error', () => undefined)
        socket.terminate()
        reject(new Error(`refused with ${statusCode}`))
      })
    })
    await Promise.race([once(socket, 'open'), refused])
    return client
  }

  send(message: Json): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  }

  /** The answer to a command; `id` is given to it. */
  async ask(message: Json): Promise<Json> {
    this.send(message)
    return this.heard((told) => told.id === message.id)
  }

  /** The first message that fits, which has come or will. */
  async heard(fits: (told: Json) => boolean): Promise<Json> {
    for (;;) {
      const found = this.told.find(fits)
      if (found !== undefined) return found
      const end = await Promise.race([this.#waiting.promise, this.closed])
      if (end !== undefined) throw new Error(`closed with ${end.code} ${end.reason}`)
    }
  }
}

const asOurs = { headers: { 'x-api-key': key } }

export const urlOf = ({ port }: { port: number }, path: string): string =>
  `ws://127.0.0.1:${port}${path}`
