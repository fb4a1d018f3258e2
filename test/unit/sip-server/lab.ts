/** A real server on loopback with a raw application and a raw SIP peer. */
import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import {
  parseMessage,
  type SipMessage,
  type SipServer,
  type SipServerOptions,
  startSipServer,
} from '../../../engine/sip-server/index.ts'

export const secret = 'not a secret'

export const startLab = (more: Partial<SipServerOptions> = {}): Promise<SipServer> =>
  startSipServer({
    host: '127.0.0.1',
    port: 0,
    transports: ['udp', 'tcp'],
    controlHost: '127.0.0.1',
    controlPort: 0,
    secret,
    ...more,
  })

/** Waits for something to become true; the caller's test times out otherwise. */
export const until = async (check: () => boolean, everyMs = 5): Promise<void> => {
  while (!check()) await new Promise((resolve) => setTimeout(resolve, everyMs))
}

/** An application that speaks the control protocol by hand. */
export class RawApp {
  readonly frames: string[] = []
  readonly #socket: Socket
  #held = ''
  closed = false

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (bytes) => this.#read(bytes.toString('latin1')))
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.closed = true
    })
  }

  static async open(server: SipServer, authenticated = true): Promise<RawApp> {
    const socket = connect(server.controlPort, '127.0.0.1')
    await once(socket, 'connect')
    const app = new RawApp(socket)
    if (authenticated) {
      app.send(`auth|authenticate|${secret}|`)
      await app.answer('auth')
    }
    return app
  }

  send(payload: string): void {
    this.#socket.write(`${Buffer.byteLength(payload)}#${payload}`)
  }
  raw(bytes: string | Buffer): void {
    this.#socket.write(bytes)
  }
  async route(...verbs: string[]): Promise<void> {
    for (const verb of verbs) this.send(`r-${verb}|route|${verb}`)
    for (const verb of verbs) await this.answer(`r-${verb}`)
  }
  /** The answer to a frame, without the server's own id. */
  async answer(id: string): Promise<string> {
    return this.next((frame) => frame.startsWith(`response|${id}|`))
  }
  /** Takes the first frame that matches, waiting for it. */
  async next(matches: (frame: string) => boolean): Promise<string> {
    await until(() => this.closed || this.frames.some(matches))
    const index = this.frames.findIndex(matches)
    if (index < 0) throw new Error('the server closed the connection')
    return this.frames.splice(index, 1)[0]!
  }
  close(): void {
    this.#socket.destroy()
  }

  #read(text: string): void {
    this.#held += text
    for (;;) {
      const hash = this.#held.indexOf('#')
      const end = hash + 1 + Number(this.#held.slice(0, hash))
      if (hash < 0 || this.#held.length < end) return
      const payload = this.#held.slice(hash + 1, end)
      this.frames.push(payload.slice(payload.indexOf('|') + 1))
      this.#held = this.#held.slice(end)
    }
  }
}

/** A SIP element on a UDP socket. */
export class RawPeer {
  readonly received: SipMessage[] = []
  readonly #socket: UdpSocket
  readonly #serverPort: number

  private constructor(socket: UdpSocket, serverPort: number) {
    this.#socket = socket
    this.#serverPort = serverPort
    socket.on('message', (bytes) => {
      const message = parseMessage(bytes)
      if (message !== undefined) this.received.push(message)
    })
  }

  static async open(server: SipServer): Promise<RawPeer> {
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    return new RawPeer(socket, server.sipPort)
  }

  get port(): number {
    return this.#socket.address().port
  }
  send(text: string | Buffer): void {
    this.#socket.send(Buffer.from(text), this.#serverPort, '127.0.0.1')
  }
  async next(matches: (message: SipMessage) => boolean): Promise<SipMessage> {
    await until(() => this.received.some(matches))
    return this.received.splice(this.received.findIndex(matches), 1)[0]!
  }
  async final(method: string): Promise<SipMessage> {
    return this.next((message) => message.status >= 200 && message.method === method)
  }
  close(): void {
    this.#socket.close()
  }

  /** A request of this peer; `to` continues a dialog. */
  request(method: string, callId: string, more: Partial<RequestParts> = {}): string {
    const { seq = 1, to = '<sip:bob@127.0.0.1>', branch, fields = [], body = '' } = more
    const uri = more.uri ?? `sip:bob@127.0.0.1:${this.#serverPort}`
    return [
      `${method} ${uri} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${this.port};branch=${branch ?? `z9hG4bK${callId}${method}${seq}`}`,
      'Max-Forwards: 70',
      'From: <sip:alice@127.0.0.1>;tag=alice',
      `To: ${to}`,
      `Call-ID: ${callId}`,
      `CSeq: ${seq} ${method}`,
      `Contact: <sip:alice@127.0.0.1:${this.port}>`,
      ...fields,
      `Content-Length: ${body.length}`,
      '',
      body,
    ].join('\r\n')
  }
}

export interface RequestParts {
  readonly seq: number
  readonly to: string
  readonly branch: string
  readonly uri: string
  readonly fields: readonly string[]
  readonly body: string
}
