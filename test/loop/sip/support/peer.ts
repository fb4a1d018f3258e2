import { createSocket, type Socket } from 'node:dgram'
import { createConnection, type Socket as Stream } from 'node:net'
import { connect as connectTls, TLSSocket } from 'node:tls'

/** A SIP message as a test reads it: header names in lower case, lines joined by ', '. */
export interface Message {
  readonly start: string
  readonly method: string | undefined
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export function parse(text: string): Message {
  const [head = '', ...rest] = text.split('\r\n\r\n')
  const [start = '', ...lines] = head.split('\r\n')
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).trim().toLowerCase()
    const value = line.slice(colon + 1).trim()
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value
  }
  const status = /^SIP\/2\.0 (\d{3})/.exec(start)?.[1]
  return {
    start,
    method: status === undefined ? start.split(' ')[0] : undefined,
    status: status === undefined ? undefined : Number(status),
    headers,
    body: rest.join('\r\n\r\n'),
  }
}

export const sdp = (port = 4000): string =>
  [
    'v=0',
    `o=- 1 1 IN IP4 127.0.0.1`,
    's=-',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    `m=audio ${port} RTP/AVP 0`,
    'a=sendrecv',
    '',
  ].join('\r\n')

export interface Draft {
  readonly start: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body?: string
  readonly type?: string
}

export function print({ start, headers, body = '', type = 'application/sdp' }: Draft): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}`)
  if (body !== '') lines.push(`Content-Type: ${type}`)
  return [start, ...lines, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n')
}

/** Answers to what came, with the headers that every response copies. */
export function reply(
  request: Message,
  status: number,
  more: { tag?: string; headers?: [string, string][]; body?: string; contact?: string } = {},
): string {
  const { via = '', from = '', to = '', 'call-id': callId = '', cseq = '' } = request.headers
  const tagged = /;tag=/.test(to) || status === 100 ? to : `${to};tag=${more.tag ?? 'peer'}`
  const headers: [string, string][] = [
    ['Via', via],
    ['From', from],
    ['To', tagged],
    ['Call-ID', callId],
    ['CSeq', cseq],
    ...(more.contact === undefined ? [] : [['Contact', more.contact] as [string, string]]),
    ...(more.headers ?? []),
  ]
  return print({
    start: `SIP/2.0 ${status} Test`,
    headers,
    ...(more.body === undefined ? {} : { body: more.body }),
  })
}

type Wanted = (message: Message) => boolean

/** A scripted SIP element: sends what it is told and waits for what it is asked for. */
export abstract class Peer {
  abstract readonly port: number
  abstract readonly transport: 'UDP' | 'TCP' | 'TLS'
  readonly #inbox: Message[] = []
  readonly #waiting: { wanted: Wanted; done: (message: Message) => void }[] = []
  /** Everything that ever came. */
  readonly all: Message[] = []

  abstract send(text: string): void
  abstract close(): void

  get contact(): string {
    const over = this.transport === 'UDP' ? '' : `;transport=${this.transport.toLowerCase()}`
    return `<sip:peer@127.0.0.1:${this.port}${over}>`
  }

  /** The next message that fits, from those not yet taken; fails after `withinMs`. */
  expect(wanted: string | number | Wanted, withinMs = 20_000): Promise<Message> {
    const fits: Wanted =
      typeof wanted === 'function'
        ? wanted
        : (message) => message.method === wanted || message.status === wanted
    const index = this.#inbox.findIndex(fits)
    if (index >= 0) return Promise.resolve(this.#inbox.splice(index, 1)[0]!)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const seen = this.all.map((message) => message.start).join(' | ')
        reject(new Error(`${String(wanted)} did not come; there were: ${seen}`))
      }, withinMs)
      this.#waiting.push({
        wanted: fits,
        done: (message) => {
          clearTimeout(timer)
          resolve(message)
        },
      })
    })
  }

  protected take(text: string): void {
    if (text.trim() === '') return
    const message = parse(text)
    this.all.push(message)
    const index = this.#waiting.findIndex(({ wanted }) => wanted(message))
    if (index >= 0) this.#waiting.splice(index, 1)[0]!.done(message)
    else this.#inbox.push(message)
  }
}

export class UdpPeer extends Peer {
  readonly transport = 'UDP'
  readonly #socket: Socket
  readonly #serverPort: number
  constructor(socket: Socket, serverPort: number) {
    super()
    this.#socket = socket
    this.#serverPort = serverPort
    socket.on('message', (bytes) => this.take(bytes.toString()))
  }
  static async open(serverPort: number, port = 0): Promise<UdpPeer> {
    const socket = createSocket('udp4')
    await new Promise<void>((done) => socket.bind(port, '127.0.0.1', done))
    return new UdpPeer(socket, serverPort)
  }
  get port(): number {
    return this.#socket.address().port
  }
  send(text: string): void {
    this.#socket.send(text, this.#serverPort, '127.0.0.1')
  }
  close(): void {
    this.#socket.close()
  }
}

export class TcpPeer extends Peer {
  readonly transport: 'TCP' | 'TLS'
  readonly #stream: Stream
  /** One character is one byte. */
  #rest = ''
  constructor(stream: Stream) {
    super()
    this.#stream = stream
    this.transport = stream instanceof TLSSocket ? 'TLS' : 'TCP'
    stream.on('data', (bytes) => this.#onData(bytes.toString('latin1')))
    stream.on('error', () => {})
  }
  static async open(serverPort: number): Promise<TcpPeer> {
    const stream = createConnection(serverPort, '127.0.0.1')
    await new Promise<void>((done) => stream.once('connect', done))
    return new TcpPeer(stream)
  }
  /** Over TLS, whatever certificate is shown. */
  static async openTls(serverPort: number): Promise<TcpPeer> {
    const stream = connectTls({ port: serverPort, host: '127.0.0.1', rejectUnauthorized: false })
    await new Promise<void>((done) => stream.once('secureConnect', done))
    return new TcpPeer(stream)
  }
  get port(): number {
    return this.#stream.localPort ?? 0
  }
  send(text: string): void {
    this.#stream.write(text)
  }
  close(): void {
    this.#stream.destroy()
  }
  #onData(text: string): void {
    this.#rest = (this.#rest + text).replace(/^(\r\n)+/, '')
    for (;;) {
      const end = this.#rest.indexOf('\r\n\r\n')
      if (end < 0) return
      const length = Number(/^content-length:\s*(\d+)/im.exec(this.#rest)?.[1] ?? 0)
      if (this.#rest.length < end + 4 + length) return
      this.take(Buffer.from(this.#rest.slice(0, end + 4 + length), 'latin1').toString())
      this.#rest = this.#rest.slice(end + 4 + length)
    }
  }
}
