import { createServer, type IncomingMessage, type Server, type ServerOptions } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { messageLimits } from '../message/limits.ts'
import { sameSecret } from '../same-secret.ts'
import type { CertificatePair } from './certificate.ts'
import { listen } from './listen.ts'
import { allowsOrigin } from './origin.ts'
import { type Place, plainAddress, type Stream } from './peer.ts'
import type { TcpContext } from './tcp-stream.ts'
import { WebSocketStream } from './web-socket-stream.ts'
import { maxConnections } from './wire.ts'

/** Who is in the request of a relay: its token, the client's address and port. */
const relayed = /^(\S+) ([\d.a-f:]{3,45}) (\d{1,5})$/i

const keyOf = ({ address, port }: Place): string => `${address} ${port}`

const placeOf = ({ remoteAddress, remotePort }: IncomingMessage['socket']): Place | undefined =>
  remoteAddress === undefined || remotePort === undefined
    ? undefined
    : { address: plainAddress(remoteAddress), port: remotePort }

/** Sub-protocols that a client offers (RFC 6455 section 4.1). */
const offered = ({ headers }: IncomingMessage): string[] =>
  (headers['sec-websocket-protocol'] ?? '').split(',').map((each) => each.trim().toLowerCase())

const refuse = (socket: Duplex, status: '400 Bad Request' | '403 Forbidden', why: string): void => {
  const head = ['Connection: close', 'Content-Type: text/plain', `Content-Length: ${why.length}`]
  socket.once('finish', () => socket.destroy())
  socket.end(`HTTP/1.1 ${status}\r\n${head.join('\r\n')}\r\n\r\n${why}`)
}

/** The WebSocket listeners of one kind (RFC 7118), and the connections that clients opened. */
export class WebSocketTransport {
  readonly #context: TcpContext
  readonly #protocol: 'ws' | 'wss'
  readonly #origins: readonly string[]
  readonly #streams = new Map<string, WebSocketStream>()
  readonly #servers: (Server | TlsServer)[] = []
  /** every connection, also those that still shake hands, which an end must not wait for */
  readonly #sockets = new Set<Socket>()
  readonly #upgrades = new WebSocketServer({
    noServer: true,
    maxPayload: messageLimits.messageBytes,
    // a message in more pieces than that is no message but a burden
    maxFragments: 1024,
    perMessageDeflate: false,
    clientTracking: false,
    handleProtocols: () => 'sip',
  })

  constructor(context: TcpContext, protocol: 'ws' | 'wss', origins: readonly string[]) {
    this.#context = context
    this.#origins = origins
    this.#protocol = protocol
  }

  get connections(): number {
    return this.#streams.size
  }

  /** The open connection from that place. */
  find(place: Place): Stream | undefined {
    const stream = this.#streams.get(keyOf(place))
    return stream?.open === true ? stream : undefined
  }

  /** A plain listener; resolves with the port. With a token it serves relays alone. */
  listen(host: string, port: number, relayToken?: string): Promise<number> {
    return this.#listen(createServer(this.#limits()), host, port, relayToken)
  }

  /** A listener with TLS. `renew` changes its certificate for new connections. */
  async listenTls(
    host: string,
    port: number,
    pair: CertificatePair,
  ): Promise<{ port: number; renew(pair: CertificatePair): void }> {
    const { connectMs } = this.#context.timing
    const server = createTlsServer({ ...pair, ...this.#limits(), handshakeTimeout: connectMs })
    return {
      port: await this.#listen(server, host, port),
      renew: (renewed) => server.setSecureContext(renewed),
    }
  }

  async close(): Promise<void> {
    for (const stream of this.#streams.values()) stream.destroy()
    const servers = this.#servers.splice(0)
    await Promise.all(
      servers.map((server) => {
        if (!server.listening) return undefined
        const closed = new Promise<void>((resolve) => server.close(() => resolve()))
        for (const socket of this.#sockets) socket.destroy()
        return closed
      }),
    )
  }

  #limits(): ServerOptions {
    const { connectMs } = this.#context.timing
    return {
      headersTimeout: connectMs,
      requestTimeout: connectMs,
      connectionsCheckingInterval: Math.min(connectMs, 5000),
    }
  }

  #listen(server: Server, host: string, port: number, relayToken?: string): Promise<number> {
    const { dropped } = this.#context.counters
    this.#servers.push(server)
    server.maxConnections = maxConnections
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
    server.on('drop', () => {
      dropped.connectionLimit++
    })
    server.on('clientError', (_error, socket) => {
      dropped.handshake++
      socket.destroy()
    })
    server.on('request', (_request, response) => {
      response.writeHead(426, { Upgrade: 'websocket', Connection: 'close' }).end()
    })
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => socket.destroy())
      this.#upgrade(request, socket, head, relayToken)
    })
    return listen(server, host, port)
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, relayToken?: string): void {
    const remote =
      relayToken === undefined ? placeOf(request.socket) : this.#relayed(request, relayToken)
    const { origin, host } = request.headers
    if (remote === undefined || !allowsOrigin(this.#origins, origin, host)) {
      this.#context.counters.dropped.handshake++
      refuse(socket, '403 Forbidden', 'not for you')
      return
    }
    if (!offered(request).includes('sip')) {
      this.#context.counters.dropped.handshake++
      refuse(socket, '400 Bad Request', 'the WebSocket sub-protocol here is sip')
      return
    }
    if (this.#streams.size >= maxConnections) {
      this.#context.counters.dropped.connectionLimit++
      socket.destroy()
      return
    }
    this.#upgrades.handleUpgrade(request, socket, head, (webSocket) => {
      const { localAddress = '', localPort = 0 } = request.socket
      const stream = new WebSocketStream(webSocket, this.#protocol, remote, this.#context, {
        address: localAddress,
        port: localPort,
      })
      const key = keyOf(remote)
      this.#streams.set(key, stream)
      webSocket.once('close', () => {
        if (this.#streams.get(key) === stream) this.#streams.delete(key)
        this.#context.handler.closed?.(stream)
      })
    })
  }

  #relayed({ headers }: IncomingMessage, relayToken: string): Place | undefined {
    const [, token = '', address = '', port] = relayed.exec(String(headers['sip-relay'])) ?? []
    return sameSecret(token, relayToken)
      ? { address: plainAddress(address), port: Number(port) }
      : undefined
  }
}
