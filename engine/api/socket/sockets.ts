import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import { standingOf } from '../../core/account-standing.ts'
import { Failure } from '../../core/failures.ts'
import type { Dialect, DialectSocket } from '../dialect.ts'
import { authoritiesOf, bySession, type Caller, callerOf, credentialOf } from '../frame/auth.ts'
import { keepToItself } from '../frame/device-door.ts'
import { failureFor } from '../frame/faults.ts'
import { isPermitted, permit } from '../frame/permit.ts'
import { retryAfterOf, shareOf } from '../frame/rate-limit.ts'
import { sessionOfSocket } from '../frame/session.ts'
import type { Surroundings } from '../frame/surroundings.ts'
import { keepToTestCalls } from '../frame/test-calls.ts'
import { allowsOrigin } from '../frame/ws-origin.ts'
import { type ApiOptions, defaultLimits } from '../options.ts'
import { Commands } from './commands.ts'
import { Connection, closeCodes, newRequestId } from './connection.ts'
import { MediaConnection } from './media/connection.ts'
import { callIn, readWish } from './media/stream-query.ts'

/** Of one message; JSON of ours is far smaller, and a client need not have shown a key to send one. */
export const messageBytes = 131_072
/** The same of audio: ten seconds of 48 kHz. */
const audioBytes = 1_048_576
const closesWithinMs = 1_000

/** True for a request to turn the connection into a WebSocket at `path`. */
export function isUpgradeTo(path: string, { method, url, headers }: IncomingMessage): boolean {
  const isWebSocket = headers.upgrade?.toLowerCase() === 'websocket'
  return method === 'GET' && isWebSocket && url?.split('?', 1)[0] === path
}

export interface SocketSurroundings extends Surroundings {
  /** At the same time, of all accounts. */
  readonly most: number
  /** Whether the client's own connection is encrypted, whoever stands between. */
  isSecure(request: IncomingMessage): boolean
}

/** What a stream of a call's audio takes. */
const streaming = { method: 'POST', needs: 'calls', forTestKeys: true } as const

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
  readonly #mediaServer = new WebSocketServer({
    ...{ noServer: true, clientTracking: false, perMessageDeflate: false },
    maxPayload: audioBytes,
  })
  readonly #connections = new Set<Pick<Connection, 'close' | 'cut'>>()
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
    this.#commands = new Commands(dialect, options.services, around.idempotency)
  }

  get size(): number {
    return this.#connections.size
  }

  isFor(request: IncomingMessage): boolean {
    return isUpgradeTo(this.#socket.path, request) || this.#callIn(request) !== undefined
  }

  /** Takes the connection of a request that `isFor` us; refuses it in the dialect's words. Never rejects. */
  async accept(request: IncomingMessage, head: Buffer): Promise<void> {
    const stream = request.socket
    stream.on('error', () => stream.destroy())
    try {
      this.#admit(request)
      const caller = await this.#callerBy(request)
      if (caller) this.#refuseTooMany(caller)
      const call = this.#callIn(request)
      if (call !== undefined) {
        await this.#acceptMedia(request, head, call, caller)
        return
      }
      this.#server.handleUpgrade(request, stream, head, (socket) => {
        this.#open(socket, stream, caller)
      })
    } catch (error) {
      const { log } = this.#options.observe
      this.#refuse(stream, failureFor(error, log, { path: this.#socket.path }))
    }
  }

  /** The call of whose audio it is a stream; undefined: it is something else. */
  #callIn({ method, url = '', headers }: IncomingMessage): string | undefined {
    const { mediaPath } = this.#socket
    const isWebSocket = method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket'
    return mediaPath === undefined || !isWebSocket ? undefined : callIn(mediaPath, url)
  }

  /** Failures `unauthorized`, `forbidden`, those of the address and of the call. */
  async #acceptMedia(
    request: IncomingMessage,
    head: Buffer,
    call: string,
    caller: Caller | undefined,
  ): Promise<void> {
    const { services, clock, observe } = this.#options
    if (caller === undefined) {
      throw new Failure('unauthorized', 'An API key is needed, in a header of the request')
    }
    keepToItself(caller, {}, undefined)
    permit(caller, streaming)
    const wish = readWish(call, request.url ?? '')
    const { account } = caller
    await keepToTestCalls(services.directory.store.calls, account, [wish.callId])
    await services.streams.check(account.id, wish.callId)
    const { streams } = services
    const failed = (error: unknown) => void failureFor(error, observe.log, { operation: 'media' })
    this.#mediaServer.handleUpgrade(request, request.socket, head, (socket) => {
      const ports = { streams, clock, account, wish, failed }
      this.#count(caller)
      const connection = new MediaConnection(socket, request.socket, ports)
      this.#keep(socket, connection, () => caller)
      const end = (why: string) => connection.close(closeCodes.notAuthorized, why)
      const letGo = this.#around.admissions.hold(caller, {
        renewed: (now) => {
          if (!isPermitted(now, streaming)) end('The key has not the scope calls any more')
        },
        ended: end,
      })
      socket.once('close', letGo)
    })
  }

  #keep(
    socket: WebSocket,
    connection: Pick<Connection, 'close' | 'cut'>,
    counted: () => Caller | undefined,
  ): void {
    this.#connections.add(connection)
    socket.once('close', () => {
      this.#connections.delete(connection)
      const caller = counted()
      if (caller) this.#giveBack(caller)
    })
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
    const { places, sessions } = this.#dialect.credentials
    const credential = credentialOf(headers, places)
    const session = credential === undefined && sessions ? sessionOfSocket(headers) : undefined
    if (credential === undefined && session === undefined) return undefined
    const caller = await (credential === undefined
      ? this.#standing(bySession(authoritiesOf(this.#options.services), session ?? ''))
      : this.#callerOf(credential))
    const retryAfterS = this.#limit(caller)
    if (retryAfterS === 0) return caller
    throw new Failure('rate_limited', 'Too many requests', undefined, { retryAfterS })
  }

  #callerOf(credential: string): Promise<Caller> {
    const { kinds } = this.#dialect.credentials
    return this.#standing(callerOf(authoritiesOf(this.#options.services), credential, kinds))
  }

  /** Failures `account_suspended`, `account_closed`. */
  async #standing(looked: Promise<Caller>): Promise<Caller> {
    const caller = await looked
    const standing = standingOf(caller.account)
    if (standing) throw standing
    return caller
  }

  /** Failure `limit_reached`. */
  #refuseTooMany({ account }: Caller): void {
    const { limits = {} } = this.#options
    const { socketsOfAccount: most = defaultLimits.socketsOfAccount } = limits
    if ((this.#ofAccount.get(account.id) ?? 0) < most) return
    throw new Failure('limit_reached', `An account may have ${most} WebSockets`)
  }

  #count({ account }: Caller): void {
    this.#ofAccount.set(account.id, (this.#ofAccount.get(account.id) ?? 0) + 1)
  }

  #giveBack({ account }: Caller): void {
    const count = (this.#ofAccount.get(account.id) ?? 1) - 1
    if (count > 0) this.#ofAccount.set(account.id, count)
    else this.#ofAccount.delete(account.id)
  }

  #limit(caller: Caller): number {
    const { who, perSecond } = shareOf(caller)
    return this.#around.limit.take(who, perSecond)
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
        admissions: this.#around.admissions,
      },
      known,
    )
    this.#keep(socket, connection, () => counted)
  }

  #refuse(stream: Socket, failure: Failure): void {
    if (!stream.writable) return
    const status = this.#dialect.statusOf?.(failure) ?? failure.http
    const body = JSON.stringify(this.#dialect.renderError(failure, newRequestId()))
    const retryAfterS = retryAfterOf(failure)
    stream.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\n` +
        (retryAfterS === undefined ? '' : `Retry-After: ${retryAfterS}\r\n`) +
        `Content-Type: application/json; charset=utf-8\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    )
    stream.destroySoon()
  }
}
