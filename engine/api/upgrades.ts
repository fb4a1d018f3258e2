import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { clientAddresses, encryptedRequests } from './frame/client-address.ts'
import type { SecureListener } from './frame/secure-listener.ts'
import { isSipUpgrade, type SipRelay, SipSockets } from './frame/sip-socket.ts'
import type { Surroundings } from './frame/surroundings.ts'
import type { ApiOptions } from './options.ts'
import { Sockets } from './socket/sockets.ts'

/** Takes connections over from HTTP. */
interface Taker {
  isFor(request: IncomingMessage): boolean
  accept(request: IncomingMessage, head: Buffer): void | Promise<void>
  close(): void
}

/**
 * Who takes which upgrade of HTTP; other upgrades, such as h2c, are offers that one need not take (RFC 9110 section
 * 7.8). Each taker has a share of the connections, so that the rest is for requests.
 */
export class Upgrades {
  readonly #takers: readonly Taker[]

  constructor(options: ApiOptions, shared: Surroundings, connections: number) {
    const { sipRelay, dialects, trustedProxies = [] } = options
    const around = {
      ...{ ...shared, most: Math.ceil(connections / 4) },
      isSecure: encryptedRequests(trustedProxies),
    }
    this.#takers = [
      ...(sipRelay ? [sipTaker(sipRelay, Math.ceil(connections / 2), trustedProxies)] : []),
      ...dialects.flatMap((dialect) =>
        dialect.socket ? [new Sockets(dialect, dialect.socket, options, around)] : [],
      ),
    ]
  }

  isFor(request: IncomingMessage): boolean {
    return this.#takers.some((taker) => taker.isFor(request))
  }

  listen(app: FastifyInstance, secure: SecureListener | undefined): void {
    for (const server of [app.server, secure?.server]) {
      server?.on('upgrade', (request: IncomingMessage, _socket: unknown, head: Buffer) => {
        void this.#takers.find((taker) => taker.isFor(request))?.accept(request, head)
      })
    }
    // the server waits for its connections to end, and these would not
    app.addHook('preClose', async () => {
      for (const taker of this.#takers) taker.close()
    })
  }
}

function sipTaker(relay: SipRelay, most: number, trusted: readonly string[]): Taker {
  const sockets = new SipSockets(relay, most, clientAddresses(trusted))
  return {
    isFor: isSipUpgrade,
    accept: (request, head) => sockets.accept(request, head),
    close: () => sockets.close(),
  }
}
