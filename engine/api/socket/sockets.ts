import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import { Failure } from '../../core/failures.ts'
import type { Dialect, DialectSocket } from '../dialect.ts'
import { type Caller, callerOf, credentialOf } from '../frame/auth.ts'
import { failureFor } from '../frame/faults.ts'
import type { RateLimit } from '../frame/rate-limit.ts'
import { allowsOrigin } from '../frame/ws-origin.ts'
import type { ApiOptions } from '../options.ts'
import { Commands } from './commands.ts'
import { Connection, closeCodes } from './connection.ts'

/** Of one message; JSON of ours is far smaller, and a client need not have shown a key to send one. */
export const messageBytes = 131_072
/** Of one account at a time. */
export const mostOfAccount = 100
const closesWithinMs = 1_000

/** True for a request to turn the connection into a WebSocket at `path`. */
export function isUpgradeTo(path: string, { method, url, headers }: IncomingMessage): boolean {
  const isWebSocket = headers.upgrade?.toLowerCase() === 'websocket'
  return method === 'GET' && isWebSocket && url?.split('?', 1)[0] === path
}

export interface SocketSurroundings {
  /** At the same time, of all accounts. */
  readonly most: number
  /** Of all requests of an account, by whatever way. */
  readonly limit: RateLimit
  /** Whether the client's own connection is encrypted, whoever stands between. */
  isSecure(request: IncomingMessage): boolean
}

/** The WebSocket of a dialect: takes connections, knows them, and ends them. */
export class Sockets {
  readonly #dialect: Dialect
  readonly #options: ApiOptions
  readonly #around: SocketSurroundings
  readonly #commands: Commands
  readonly #socket: DialectSocket
  readonly #server = new WebSocketServer({
    ...{ noServer: true, clientTracking: false, perMessageDeflate: false },
    maxPayload: messageBytes,
  })
  readonly #connections = new Set<Connection>()
  readonly #ofAccount = new Map<string, number>()
  #isClosed = false

  constructor(
    dialect: Dialect,
    socket: DialectSocket,
    options: ApiOptions,
    around: SocketSurroundings,
  ) {
    this.#dialect = dialect
    this.#socket = socket
    this.#options = options
    this.#around = around
    this.#commands = new Commands(dialect, options.services)
  }

  get size(): number {
    return this.#connections.size
  }

  isFor(request: IncomingMessage): boolean {
    return isUpgradeTo(this.#socket.path, request)
  }

  /** Takes the connection of a request that `isFor` us; refuses it in the dialect's words. Never rejects. */
  async accept(request: IncomingMessage, head: Buffer): Promise<void> {
    const stream = request.socket
    stream.on('error', () => stream.destroy())
    try {
      this.#admit(request)
      const caller = await this.#callerBy(request)
      if (caller) this.#refuseTooMany(caller)
      this.#server.handleUpgrade(request, stream, head, (socket) => {
        this.#open(socket, stream, caller)
      })
    } catch (error) {
      const { log } = this.#options.observe
      this.#refuse(stream, failureFor(error, log, { path: this.#socket.path }))
    }
  }

  /** Says goodbye; who does not answer is cut off. */
  close(): void {
    this.#isClosed = true
    for (const one of this.#connections) {
      one.close(closeCodes.goingAway, 'The engine ends; come back later')
    }
    setTimeout(() => {
      for (const one of this.#connections) one.cut()
    }, closesWithinMs).unref()
  }

  /** Failures `forbidden`, `https_required`, `overloaded`, `draining`. */
  #admit(request: IncomingMessage): void {
    const { origin, host } = request.headers
    if (!allowsOrigin(this.#options.socketOrigins ?? [], origin, host)) {
      throw new Failure('forbidden', 'Pages of this origin may not connect')
    }
    const { plainHttp } = this.#options
    const mayBePlain =
      plainHttp !== 'refuse' && (!this.#dialect.needsHttps || plainHttp === 'allow')
    if (!mayBePlain && !this.#around.isSecure(request)) {
      throw new Failure('https_required', 'This API is served over HTTPS only')
    }
    if (this.#isClosed) throw new Failure('draining', 'The engine ends')
    if (this.#connections.size >= this.#around.most) {
      throw new Failure('overloaded', 'There are too many connections')
    }
  }

  /** Undefined: no header says who it is. Failures `unauthorized`, `rate_limited`. */
  async #callerBy({ headers }: IncomingMessage): Promise<Caller | undefined> {
    const credential = credentialOf(headers, this.#dialect.credentials.places)
    if (credential === undefined) return undefined
    const caller = await this.#callerOf(credential)
    if (this.#limit(caller) > 0) throw new Failure('rate_limited', 'Too many requests')
    return caller
  }

  #callerOf(credential: string): Promise<Caller> {
    const { tokens, deviceLogins, directory } = this.#options.services
    const authorities = { accounts: directory.store.accounts, tokens, deviceLogins }
    return callerOf(authorities, credential, this.#dialect.credentials.kinds)
  }

  /** Failure `limit_reached`. */
  #refuseTooMany({ account }: Caller): void {
    if ((this.#ofAccount.get(account.id) ?? 0) < mostOfAccount) return
    throw new Failure('limit_reached', `An account may have ${mostOfAccount} WebSockets`)
  }

  #count({ account }: Caller): void {
    this.#ofAccount.set(account.id, (this.#ofAccount.get(account.id) ?? 0) + 1)
  }

  #giveBack({ account }: Caller): void {
    const count = (this.#ofAccount.get(account.id) ?? 1) - 1
    if (count > 0) this.#ofAccount.set(account.id, count)
    else this.#ofAccount.delete(account.id)
  }

  #limit({ account, device }: Caller): number {
    return this.#around.limit.take(device?.id ?? account.id)
  }

  #open(socket: WebSocket, stream: Socket, known: Caller | undefined): void {
    const { services, clock, observe } = this.#options
    let counted = known
    if (known) this.#count(known)
    const connection = new Connection(
      socket,
      stream,
      {
        ...{ dialect: this.#dialect, commands: this.#commands, news: this.#socket.news },
        ...{ services, clock, log: observe.log },
        callerOf: async (credential) => {
          const caller = await this.#callerOf(credential)
          if (socket.readyState !== socket.OPEN) throw new Failure('unauthorized', 'Gone')
          this.#refuseTooMany(caller)
          this.#count(caller)
          counted = caller
          return caller
        },
        limit: (caller) => this.#limit(caller),
      },
      known,
    )
    this.#connections.add(connection)
    socket.once('close', () => {
      this.#connections.delete(connection)
      if (counted) this.#giveBack(counted)
    })
  }

  #refuse(stream: Socket, failure: Failure): void {
    if (!stream.writable) return
    const status = this.#dialect.statusOf?.(failure) ?? failure.http
    const body = JSON.stringify(this.#dialect.renderError(failure, ''))
    stream.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\n` +
        `Content-Type: application/json; charset=utf-8\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    )
    stream.destroySoon()
  }
}
