import type { IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { allowsOrigin } from './ws-origin.ts'

/** Where WebSockets for SIP are handed on: listeners of the SIP server on this machine. */
export interface SipRelay {
  /** For clients that came by HTTP, and by HTTPS of our own. What a proxy says does not count. */
  readonly ports: { readonly ws: number; readonly wss: number }
  /** Proves to it that we are the ones who say where a client is. */
  readonly token: string
  /** Origins of pages that may connect besides those of the host that is asked; `*`: all. */
  readonly origins?: readonly string[]
}

export const sipPath = '/sip'

const connectWithinMs = 5_000

/** True for a request to turn the connection into a WebSocket for SIP. */
export function isSipUpgrade({ method, url, headers }: IncomingMessage): boolean {
  const isWebSocket = headers.upgrade?.toLowerCase() === 'websocket'
  return method === 'GET' && isWebSocket && url?.split('?', 1)[0] === sipPath
}

/** What the listener needs of the request, and who the client is. */
function requestFor({ headers }: IncomingMessage, from: string): string {
  const passed = ['sec-websocket-key', 'sec-websocket-version', 'sec-websocket-protocol']
  const lines = passed.flatMap((name) =>
    headers[name] ? [`${name}: ${String(headers[name])}`] : [],
  )
  const own = ['Host: sip', 'Connection: Upgrade', 'Upgrade: websocket', `Sip-Relay: ${from}`]
  return `GET / HTTP/1.1\r\n${[...own, ...lines].join('\r\n')}\r\n\r\n`
}

function refuse(socket: Socket, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
  socket.destroySoon()
}

/**
 * Hands WebSockets for SIP on, byte by byte: the SIP server makes the handshake and keeps to its own
 * limits of size and silence.
 */
export class SipSockets {
  readonly #relay: SipRelay
  readonly #most: number
  readonly #addressOf: (request: IncomingMessage) => string
  readonly #clients = new Set<Socket>()

  /** `most` at the same time; `addressOf` finds the client's own address, whoever stands between. */
  constructor(relay: SipRelay, most: number, addressOf: (request: IncomingMessage) => string) {
    this.#relay = relay
    this.#most = most
    this.#addressOf = addressOf
  }

  get size(): number {
    return this.#clients.size
  }

  /** Takes the connection of a request for which `isSipUpgrade` is true. */
  accept(request: IncomingMessage, head: Buffer): void {
    const client = request.socket
    client.on('error', () => client.destroy())
    const { origins = [], ports, token } = this.#relay
    const { origin, host } = request.headers
    if (!allowsOrigin(origins, origin, host)) {
      refuse(client, '403 Forbidden')
      return
    }
    if (this.#clients.size >= this.#most) {
      refuse(client, '503 Service Unavailable')
      return
    }
    this.#clients.add(client)
    client.once('close', () => this.#clients.delete(client))
    const port = client instanceof TLSSocket ? ports.wss : ports.ws
    const server = connect({ host: '127.0.0.1', port, noDelay: true })
    const from = `${token} ${this.#addressOf(request)} ${client.remotePort ?? 0}`
    server.write(requestFor(request, from))
    if (head.length > 0) server.write(head)
    join(client, server)
  }

  close(): void {
    for (const client of this.#clients) client.destroy()
  }
}

/** Two sockets that live and die together; one that stops reading makes the other one wait. */
function join(client: Socket, server: Socket): void {
  client.setNoDelay(true)
  // the SIP server pings: a WebSocket may be silent for longer than a request
  client.setTimeout(0)
  server.setTimeout(connectWithinMs, () => server.destroy())
  server.once('connect', () => {
    server.setTimeout(0)
    client.pipe(server)
    server.pipe(client)
  })
  server.on('error', () => server.destroy())
  server.once('close', () => {
    if (server.bytesRead === 0) refuse(client, '503 Service Unavailable')
    else client.destroySoon()
  })
  client.once('close', () => server.destroy())
}
