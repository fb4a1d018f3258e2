/** A SIP element on one connection, TCP or TLS. */
import { once } from 'node:events'
import type { Socket } from 'node:net'
import {
  fromWire,
  MessageStream,
  parseMessage,
  type SipMessage,
} from '../../../engine/sip-server/index.ts'
import { type RequestParts, until } from './lab.ts'

export class StreamPeer {
  readonly received: SipMessage[] = []
  readonly socket: Socket
  readonly #word: 'TCP' | 'TLS'
  readonly #stream = new MessageStream()
  closed = false

  constructor(socket: Socket, word: 'TCP' | 'TLS') {
    this.socket = socket
    this.#word = word
    socket.on('data', (bytes) => {
      for (const piece of this.#stream.push(fromWire(bytes))) {
        const message = piece.is === 'ping' ? undefined : parseMessage(piece.text)
        if (message !== undefined) this.received.push(message)
      }
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.closed = true
    })
  }

  static async open(socket: Socket, word: 'TCP' | 'TLS'): Promise<StreamPeer> {
    const peer = new StreamPeer(socket, word)
    await once(socket, word === 'TLS' ? 'secureConnect' : 'connect')
    return peer
  }

  get contact(): string {
    return `sip:alice@127.0.0.1:${this.socket.localPort};transport=${this.#word.toLowerCase()}`
  }
  send(text: string): void {
    this.socket.write(text)
  }
  async next(matches: (message: SipMessage) => boolean): Promise<SipMessage> {
    await until(() => this.closed || this.received.some(matches))
    const index = this.received.findIndex(matches)
    if (index < 0) throw new Error('the server closed the connection')
    return this.received.splice(index, 1)[0]!
  }
  final(method: string): Promise<SipMessage> {
    return this.next((message) => message.status >= 200 && message.method === method)
  }

  request(method: string, callId: string, more: Partial<RequestParts> = {}): string {
    const { seq = 1, to = '<sip:bob@127.0.0.1>', fields = [], body = '' } = more
    const { uri = 'sip:bob@127.0.0.1' } = more
    const branch = more.branch ?? `z9hG4bK${callId}${method}${seq}`
    return [
      `${method} ${uri} SIP/2.0`,
      `Via: SIP/2.0/${this.#word} 127.0.0.1:${this.socket.localPort};branch=${branch}`,
      'Max-Forwards: 70',
      'From: <sip:alice@127.0.0.1>;tag=alice',
      `To: ${to}`,
      `Call-ID: ${callId}`,
      `CSeq: ${seq} ${method}`,
      `Contact: <${this.contact}>`,
      ...fields,
      `Content-Length: ${body.length}`,
      '',
      body,
    ].join('\r\n')
  }
}

/** The response that a peer gives. */
export const responseTo = (request: SipMessage, status: number, fields: readonly string[] = []) => {
  const copied = ['via', 'record-route', 'from', 'call-id', 'cseq'].flatMap((name) =>
    request.headers(name).map((value) => `${name}: ${value}`),
  )
  const tag = request.toTag === undefined ? ';tag=peer' : ''
  const lines = [...copied, `to: ${request.header('to')}${tag}`, ...fields, 'Content-Length: 0']
  return `SIP/2.0 ${status} Text\r\n${lines.join('\r\n')}\r\n\r\n`
}
