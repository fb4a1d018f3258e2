import { createServer, type Server } from 'node:https'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Limits } from '../options.ts'
import { answerClientError } from './client-error.ts'

/** PEM: ours and those between it and the authority, and the key without a password. */
export interface Certificate {
  readonly cert: string | Buffer
  readonly key: string | Buffer
}

const handshakeWithinMs = 10_000

const placeOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`

/** A second way in: the same routes, limits and upgrades by HTTPS, which is HTTP/1.1 over TLS 1.2 or later. */
export class SecureListener {
  readonly server: Server
  /** Connections whose handshake is not through: the server's own methods do not know them. */
  readonly #handshakes = new Map<string, Socket>()
  #closed: Promise<void> | undefined

  /** Throws when certificate and key are none, or do not belong together. */
  constructor(
    app: FastifyInstance,
    certificate: Certificate,
    limits: Limits,
    shouldUpgradeCallback: (request: Parameters<FastifyInstance['routing']>[0]) => boolean,
  ) {
    const { requestMs } = limits
    this.server = createServer(
      {
        ...certificate,
        minVersion: 'TLSv1.2',
        handshakeTimeout: Math.min(handshakeWithinMs, requestMs),
        requestTimeout: requestMs,
        keepAliveTimeout: app.server.keepAliveTimeout,
        connectionsCheckingInterval: Math.min(5_000, requestMs),
        shouldUpgradeCallback,
      },
      (request, response) => app.routing(request, response),
    )
    this.server.headersTimeout = app.server.headersTimeout
    this.server.maxConnections = limits.connections
    this.server.setTimeout(limits.idleMs)
    this.#followHandshakes()
    this.server.on('clientError', (error, socket: Socket) => {
      // whoever has not got through the handshake can't read an answer
      if (this.#handshakes.has(placeOf(socket))) socket.destroy()
      else answerClientError(error, socket)
    })
  }

  #followHandshakes(): void {
    this.server.on('connection', (socket: Socket) => {
      const place = placeOf(socket)
      this.#handshakes.set(place, socket)
      socket.once('close', () => {
        if (this.#handshakes.get(place) === socket) this.#handshakes.delete(place)
      })
    })
    this.server.on('secureConnection', (socket) => this.#handshakes.delete(placeOf(socket)))
  }

  /** 0 before it listens. */
  get port(): number {
    const address = this.server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  listen(host: string, port: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.server.once('error', reject)
    this.server.listen({ host, port }, () => {
      this.server.off('error', reject)
      resolve()
    })
    return promise
  }

  /** For connections from now on. */
  renew(certificate: Certificate): void {
    this.server.setSecureContext({ ...certificate, minVersion: 'TLSv1.2' })
  }

  /** Takes no more connections and closes those that do nothing; ends when the others have. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      this.server.close(() => resolve())
      for (const socket of this.#handshakes.values()) socket.destroy()
    })
    return this.#closed
  }
}
