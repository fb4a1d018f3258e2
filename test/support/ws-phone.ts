import { once } from 'node:events'
import { type ClientOptions, WebSocket } from 'ws'
import { parseMessage, type SipMessage, toWire } from '../../engine/sip-server/index.ts'

/** A SIP phone on a WebSocket, as a browser is one: it has no address of its own. */
export class WsPhone {
  readonly contact = `sip:${Math.random().toString(36).slice(2)}@browser.invalid;transport=ws`
  readonly messages: SipMessage[] = []
  /** what came as it came, keep-alives too */
  readonly raw: string[] = []
  readonly socket: WebSocket
  closed = false

  private constructor(socket: WebSocket) {
    this.socket = socket
    socket.on('message', (bytes: Buffer) => {
      this.raw.push(bytes.toString('latin1'))
      const message = parseMessage(bytes)
      if (message !== undefined) this.messages.push(message)
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.closed = true
    })
  }

  /** Rejects with the error of the handshake, e.g. `Unexpected server response: 400`. */
  static async open(url: string, options: ClientOptions = {}): Promise<WsPhone> {
    const socket = new WebSocket(url, 'sip', options)
    const phone = new WsPhone(socket)
    await once(socket, 'open')
    return phone
  }

  send(text: string | Buffer): void {
    this.socket.send(text)
  }
  binary(text: string): void {
    this.socket.send(toWire(text), { binary: true })
  }
  async next(matches: (message: SipMessage) => boolean): Promise<SipMessage> {
    while (!this.closed && !this.messages.some(matches)) {
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    const index = this.messages.findIndex(matches)
    if (index < 0) throw new Error('the server closed the WebSocket')
    return this.messages.splice(index, 1)[0]!
  }
  final(method: string): Promise<SipMessage> {
    return this.next((message) => message.status >= 200 && message.method === method)
  }
  close(): void {
    this.socket.terminate()
  }

  /** Without Content-Length: the frame says where it ends (RFC 7118 section 4.2). */
  request(method: string, callId: string, more: WsRequest = {}): string {
    const { seq = 1, user = 'alice', to = '<sip:bob@127.0.0.1>', fields = [], body = '' } = more
    return [
      `${method} ${more.uri ?? 'sip:127.0.0.1'} SIP/2.0`,
      `Via: SIP/2.0/WS browser.invalid;branch=z9hG4bK${callId}${method}${seq}`,
      'Max-Forwards: 70',
      `From: <sip:${user}@127.0.0.1>;tag=${user}`,
      `To: ${to}`,
      `Call-ID: ${callId}`,
      `CSeq: ${seq} ${method}`,
      `Contact: <${this.contact}>`,
      ...fields,
      '',
      body,
    ].join('\r\n')
  }

  answer(request: SipMessage, status: number, more: WsAnswer = {}): void {
    const copied = ['via', 'record-route', 'from', 'call-id', 'cseq'].flatMap((name) =>
      request.headers(name).map((value) => `${name}: ${value}`),
    )
    const tag = request.toTag === undefined ? ';tag=browser' : ''
    const to = `To: ${request.header('to')}${tag}`
    const { fields = [], body = '' } = more
    const lines = [...copied, to, `Contact: <${this.contact}>`, ...fields]
    this.send(`SIP/2.0 ${status} Text\r\n${lines.join('\r\n')}\r\n\r\n${body}`)
  }
}

export interface WsRequest {
  readonly seq?: number
  readonly user?: string
  readonly to?: string
  readonly uri?: string
  readonly fields?: readonly string[]
  readonly body?: string
}
export interface WsAnswer {
  readonly fields?: readonly string[]
  readonly body?: string
}
