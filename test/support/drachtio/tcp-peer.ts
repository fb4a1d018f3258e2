import { connect, type Socket } from 'node:net'
import type { Recorder } from './recorder.ts'
import { type PeerMessage, parseMessage } from './sip-text.ts'
import { Arrivals } from './sockets.ts'

/** A scripted SIP element that opens one TCP connection to the server. */
export class TcpPeer {
  readonly arrivals = new Arrivals<PeerMessage>()
  readonly #socket: Socket
  readonly #port: number
  readonly #recorder: Recorder
  #incoming = ''
  #outgoing = ''

  private constructor(socket: Socket, port: number, recorder: Recorder) {
    this.#socket = socket
    this.#port = port
    this.#recorder = recorder
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      const [whole, rest] = cut(this.#incoming + chunk.toString('utf8'))
      this.#incoming = rest
      for (const text of whole) {
        recorder.sip('srv', port, text)
        this.arrivals.add(parseMessage(text))
      }
    })
  }

  static open(port: number, serverPort: number, recorder: Recorder): Promise<TcpPeer> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port: serverPort, localPort: port })
      socket.once('error', reject)
      socket.once('connect', () => resolve(new TcpPeer(socket, port, recorder)))
    })
  }

  /** Sends bytes; they are recorded once they make a whole message. */
  send(text: string): void {
    const [whole, rest] = cut(this.#outgoing + text)
    this.#outgoing = rest
    for (const message of whole) this.#recorder.sip(this.#port, 'srv', message)
    this.#socket.write(text)
  }

  async status(status: number, timeoutMs = 5000): Promise<PeerMessage> {
    const found = await this.arrivals.first((message) => message.status === status, timeoutMs)
    if (!found) throw new Error(`no ${status} over TCP`)
    return found
  }

  close(): void {
    this.#socket.end()
  }
}

/** Cuts a stream into messages by Content-Length; line ends between messages are one of their own. */
function cut(stream: string): [whole: string[], rest: string] {
  const whole: string[] = []
  let rest = stream
  for (;;) {
    const blank = /^(?:\r\n)+/.exec(rest)
    if (blank) {
      whole.push(blank[0])
      rest = rest.slice(blank[0].length)
    }
    const head = rest.indexOf('\r\n\r\n')
    if (head < 0) return [whole, rest]
    const length = Number(/^content-length\s*:\s*(\d+)/im.exec(rest.slice(0, head))?.[1] ?? 0)
    if (rest.length < head + 4 + length) return [whole, rest]
    whole.push(rest.slice(0, head + 4 + length))
    rest = rest.slice(head + 4 + length)
  }
}
