import { createSocket, type Socket } from 'node:dgram'
import type { Recorder } from './recorder.ts'
import { type PeerMessage, parseMessage } from './sip-text.ts'
import { Arrivals } from './sockets.ts'

export interface Surroundings {
  readonly serverPort: number
  readonly speed: number
  readonly recorder: Recorder
}

/** A scripted SIP element on a UDP port of its own. */
export class UdpPeer {
  readonly port: number
  readonly arrivals = new Arrivals<PeerMessage>()
  /** Called for every message as it comes in; the script's reflexes. */
  onMessage: (message: PeerMessage) => void = () => {}
  readonly #socket: Socket
  readonly #recorder: Recorder
  readonly #serverPort: number
  readonly #speed: number

  private constructor(socket: Socket, port: number, around: Surroundings) {
    const { serverPort, recorder } = around
    this.#socket = socket
    this.port = port
    this.#serverPort = serverPort
    this.#recorder = recorder
    this.#speed = around.speed
    socket.on('message', (data, source) => {
      const text = data.toString('utf8')
      if (source.port === serverPort) recorder.sip('srv', port, text)
      const message = parseMessage(text)
      this.arrivals.add(message)
      this.onMessage(message)
    })
  }

  static open(port: number, around: Surroundings): Promise<UdpPeer> {
    const socket = createSocket('udp4')
    return new Promise((resolve, reject) => {
      socket.once('error', reject)
      socket.bind(port, '127.0.0.1', () => resolve(new UdpPeer(socket, port, around)))
    })
  }

  send(text: string | Buffer, toPort: number = this.#serverPort): void {
    this.#recorder.sip(this.port, toPort, text.toString())
    this.#socket.send(text, toPort, '127.0.0.1')
  }

  /** The first message that matches and was not returned before; waits on the server's clock. */
  next(matches: (message: PeerMessage) => boolean, withinMs = 20_000): Promise<PeerMessage> {
    return this.arrivals
      .first(matches, Math.max(20_000, withinMs / this.#speed))
      .then((message) => {
        if (!message) throw new Error(`peer ${this.port}: nothing that ${matches}`)
        return message
      })
  }

  status(status: number, callId?: string, withinMs?: number): Promise<PeerMessage> {
    const id = (message: PeerMessage): string | undefined => callId && message.get('call-id')
    return this.next((message) => message.status === status && id(message) === callId, withinMs)
  }

  close(): void {
    this.#socket.close()
  }
}
