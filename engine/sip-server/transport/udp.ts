import { createSocket, type Socket } from 'node:dgram'
import type { Counters } from '../counters.ts'
import { fromWire, toWire } from '../message/text.ts'
import { type Place, plainAddress, type SendFailure, type TransportHandler } from './peer.ts'
import { isStun, stunAnswer } from './stun.ts'

const socketBufferBytes = 4 * 1024 * 1024

/** As `Tap`, for the one local place that a socket has. */
type UdpTap = (sent: boolean, remote: Place, text: string) => void

/** One UDP socket. Datagrams are bounded by UDP itself (65,507 bytes). */
export class UdpTransport {
  readonly #socket: Socket
  readonly #counters: Counters
  /** sends to IPv4 addresses by their names in IPv6 */
  readonly #isDual: boolean
  readonly #tap: UdpTap | undefined
  #open: boolean = true

  constructor(host: string, handler: TransportHandler, counters: Counters, tap?: UdpTap) {
    this.#tap = tap
    this.#counters = counters
    this.#socket = createSocket({
      type: host.includes(':') ? 'udp6' : 'udp4',
      ipv6Only: false,
      // addresses only: names are resolved before, so Node need not ask again
      lookup: (address, _options, done) => done(null, address, address.includes(':') ? 6 : 4),
    })
    this.#isDual = host.includes(':')
    this.#socket.on('message', (bytes, from) => {
      const remote = { address: plainAddress(from.address), port: from.port }
      // before it costs anything: a flood is not even made text of
      if (handler.admits?.({ protocol: 'udp', ...remote }) === false) return
      if (isStun(bytes)) {
        this.#answerStun(bytes, remote)
        return
      }
      const text = fromWire(bytes)
      tap?.(false, remote, text)
      handler.received(text, { protocol: 'udp', ...remote })
    })
  }

  /** Resolves with the port; rejects with the system's error, e.g. EADDRINUSE. */
  bind(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#socket.once('error', reject)
      this.#socket.bind({ address: host, port, exclusive: true }, () => {
        this.#socket.off('error', reject)
        // later errors (e.g. ICMP) concern one datagram and are reported by its callback
        this.#socket.on('error', () => undefined)
        this.#widen()
        resolve(this.#socket.address().port)
      })
    })
  }

  send(text: string, address: string, port: number, failed: (why: SendFailure) => void): void {
    if (!this.#open) {
      failed('closed')
      return
    }
    // a Contact or an SRV record may name it; the socket would throw
    if (port === 0) {
      failed('unreachable')
      return
    }
    this.#counters.sent++
    this.#tap?.(true, { address, port }, text)
    this.#socket.send(toWire(text), port, this.#named(address), (error) => {
      if (error === null || !this.#open) return
      failed('code' in error && error.code === 'EMSGSIZE' ? 'tooLarge' : 'unreachable')
    })
  }

  close(): Promise<void> {
    if (!this.#open) return Promise.resolve()
    this.#open = false
    return new Promise((resolve) => this.#socket.close(() => resolve()))
  }

  #answerStun(request: Buffer, remote: Place): void {
    const answer = stunAnswer(request, remote)
    if (answer === undefined) this.#counters.dropped.garbage++
    else this.#socket.send(answer, remote.port, this.#named(remote.address), () => undefined)
  }

  #named(address: string): string {
    return this.#isDual && !address.includes(':') ? `::ffff:${address}` : address
  }

  #widen(): void {
    try {
      this.#socket.setRecvBufferSize(socketBufferBytes)
      this.#socket.setSendBufferSize(socketBufferBytes)
    } catch {
      // the system's own limit stays; nothing depends on it
    }
  }
}
