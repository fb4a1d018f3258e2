import Srf from 'drachtio-srf'
import type { Log } from '../../core/ports/observe.ts'
import type {
  LinkEvents,
  LinkFailure,
  MessageIn,
  RequestHandlers,
  RequestIn,
  RequestOut,
  ResponseIn,
  ResponseOut,
  SipLink,
} from './link.ts'
import { headerOf } from './raw-headers.ts'
import { type ParsedRequest, registerIn } from './register-in.ts'
import { screen, tamed } from './screen.ts'

/*
 * The only file that knows drachtio-srf. Its Dialog objects are not used: they lose a second re-INVITE
 * after a rejected one, sign `sip:placeholder`, and fire before anybody can listen. What is left is the
 * agent: requests with callbacks and a middleware stack. The shapes below are what the library really
 * has (its typings differ).
 */
interface RawMessage {
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
  get(name: string): string | undefined
}
interface RawRequest extends RawMessage {
  readonly method: string
  readonly uri: string
  readonly source: string
  readonly source_address?: string
  readonly source_port?: number
  readonly protocol?: string
  readonly stackTxnId: string
  readonly stackDialogId?: string
  on(event: 'response', run: (response: RawResponse, ack: RawAck) => void): void
  on(event: 'cancel', run: (cancel: RawMessage) => void): void
  on(event: 'update', run: (request: RawRequest, response: RawReply) => void): void
}
type RawAck = (options: object, done: (error: unknown) => void) => void
interface RawResponse extends RawMessage {
  readonly status: number
  readonly reason: string
  readonly source_address?: string
}
interface RawReply {
  send(
    status: number,
    reason: string | undefined,
    options: { headers: Record<string, string>; body?: string },
    done?: (error?: unknown) => void,
  ): void
}
interface RawAgent {
  readonly mapServer: Map<RawSocket, RawServer>
  readonly wp: {
    closing?: boolean
    readonly reconnectVars?: { retryTimer?: NodeJS.Timeout | null }
    removeAllListeners(event: 'msg'): void
    on(event: 'msg', run: (socket: RawSocket, frame: string) => void): void
    /** Returns the id under which the server answers. */
    send(socket: RawSocket, text: string): string
  }
  _onMsg(socket: RawSocket, frame: string): void
  request(options: object, done: (error: RawError | null, request?: RawRequest) => void): void
}
interface RawServer {
  readonly pendingSipRequests: Map<string, unknown>
  /** Called with the fields of the server's answer from the fourth on. */
  readonly pendingRequests: Map<string, (fields: readonly string[]) => void>
}
interface RawSocket {
  end(): void
  cork(): void
  uncork(): void
}
type RawError = Error & { code?: string }
interface RawSrf {
  readonly app: { readonly client: RawAgent }
  connect(options: object): void
  use(method: string, run: (request: RawRequest, response: RawReply) => void): void
  use(run: (request: RawRequest, response: RawReply) => void): void
  on(event: string, run: (...args: unknown[]) => void): void
}

const routed = [
  'invite',
  'register',
  'options',
  'info',
  'message',
  'notify',
  'subscribe',
  'publish',
  'refer',
  'update',
  'bye',
]

const Library = Srf as unknown as {
  readonly SipMessage: new (text: string) => ParsedRequest
}

const maxEarly = 1000

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

export interface ControlEndpoint {
  readonly host: string
  readonly port: number
  readonly secret: string
}

/** `frame` hears every frame before anything is done with it. */
type SrfEvents = LinkEvents & { refused(reason: string): void; frame?(text: string): void }

/**
 * Connects, and keeps connecting after a loss. `refused` is called when the server does not take the
 * secret; the library would go on trying, so close the link then.
 */
export function openLink(control: ControlEndpoint, log: Log, events: SrfEvents): SipLink {
  return new SrfLink(control, log, events)
}

interface Waiting {
  readonly handlers: RequestHandlers
  transactionId: string | undefined
}

class SrfLink implements SipLink {
  readonly #srf = new Srf() as unknown as RawSrf
  readonly #log: Log
  readonly #events: SrfEvents
  /** Every request that has not had its end. Emptied by the loss of the connection. */
  readonly #waiting = new Set<Waiting>()
  /** Requests between the server's taking our routes and the library's telling us that it is connected. */
  #early: (() => void)[] = []
  readonly #collecting = new Set<RawSocket>()
  #up = false
  #refused = false
  /** What has been said to be wrong since it was up: the library tries again and again. */
  #said: string | undefined
  #closed = false

  constructor(control: ControlEndpoint, log: Log, events: SrfEvents) {
    this.#log = log
    this.#events = events
    const dispatch = (raw: RawRequest, reply: RawReply): void => this.#dispatch(raw, reply)
    for (const method of routed) this.#srf.use(method, dispatch)
    this.#srf.use(dispatch)
    this.#srf.on('connect', (error, endpoints) => this.#onConnect(error, endpoints))
    this.#srf.on('close', () => this.#onDown())
    this.#srf.on('error', (error) => this.#onError(error))
    this.#srf.connect({ ...control, reconnect: { retryMaxDelay: 5000 } })
    // Nothing can have come yet: the connection is made in a later turn.
    const { wp } = this.#srf.app.client
    wp.removeAllListeners('msg')
    wp.on('msg', (socket, frame) => this.#onFrame(socket, frame))
  }

  up(): boolean {
    return this.#up
  }

  request(request: RequestOut, handlers: RequestHandlers): void {
    const waiting: Waiting = { handlers, transactionId: undefined }
    this.#waiting.add(waiting)
    if (!this.#up) {
      queueMicrotask(() => this.#fail(waiting, { is: 'linkDown', reason: 'no control connection' }))
      return
    }
    const options = {
      method: request.method,
      headers: { ...request.headers },
      ...(request.uri === undefined ? {} : { uri: request.uri }),
      ...(request.dialogId === undefined ? {} : { stackDialogId: request.dialogId }),
      ...(request.nextHop === undefined ? {} : { proxy: request.nextHop }),
      ...(request.body === undefined ? {} : { body: request.body }),
    }
    try {
      this.#srf.app.client.request(options, (error, raw) => this.#onSent(waiting, error, raw))
    } catch (error) {
      queueMicrotask(() => this.#fail(waiting, { is: 'linkDown', reason: textOf(error) }))
    }
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    const { wp, mapServer } = this.#srf.app.client
    wp.closing = true
    clearTimeout(wp.reconnectVars?.retryTimer ?? undefined)
    for (const socket of mapServer.keys()) socket.end()
    this.#onDown()
  }

  #onFrame(socket: RawSocket, frame: string): void {
    this.#events.frame?.(frame)
    this.#collect(socket)
    const { client } = this.#srf.app
    const read: { message?: ParsedRequest } = {}
    const verdict = screen(frame, (text) => {
      read.message = new Library.SipMessage(text)
      return { callId: headerOf(read.message, 'call-id') ?? '' }
    })
    if (verdict.is === 'good') {
      const register = read.message && this.#registerIn(socket, frame, read.message)
      if (register) this.#guard(() => this.#deliver(register))
      else this.#guard(() => client._onMsg(socket, tamed(frame)))
      return
    }
    this.#log.debug('SIP frame not understood', { verdict: verdict.is, bytes: frame.length })
    if (verdict.is === 'refuse') {
      // The server copies the headers that a response must have.
      client.wp.send(socket, `sip|${verdict.transactionId}|\r\nSIP/2.0 400 Bad Request\r\n\r\n`)
    } else if (verdict.is === 'ended') this.#guard(() => this.#onEnded(verdict.dialogId))
  }

  #registerIn(socket: RawSocket, frame: string, message: ParsedRequest): RequestIn | undefined {
    return registerIn(frame, message, (text, done) =>
      this.#guard(() => this.#sendText(socket, text, done)),
    )
  }

  /** A response past the library, which hears of the server's answer only if somebody wants to. */
  #sendText(socket: RawSocket, text: string, done?: (error?: string) => void): void {
    const { wp, mapServer } = this.#srf.app.client
    const server = mapServer.get(socket)
    if (!server) {
      done?.('control connection lost')
      return
    }
    this.#collect(socket)
    const id = wp.send(socket, text)
    if (!done) return
    server.pendingRequests.set(id, ([verdict, why]) =>
      this.#guard(() => done(verdict === 'OK' ? undefined : (why ?? 'not sent'))),
    )
  }

  /** What is answered in this turn of the event loop goes out as one write, not one for each response. */
  #collect(socket: RawSocket): void {
    if (this.#collecting.has(socket)) return
    this.#collecting.add(socket)
    socket.cork()
    setImmediate(() => {
      this.#collecting.delete(socket)
      socket.uncork()
    })
  }

  #onEnded(dialogId: string): void {
    this.#events.request({
      ...{ method: 'BYE', uri: '', dialogId, source: 'application' },
      ...{ protocol: 'udp', address: '', port: 0, body: '' },
      header: () => undefined,
      allHeaders: () => [],
      respond: (_status, _options, done) => done?.(),
      onCancel: () => {},
    })
  }

  #onConnect(error: unknown, endpoints: unknown): void {
    if (this.#closed) {
      for (const socket of this.#srf.app.client.mapServer.keys()) socket.end()
      return
    }
    if (error) {
      // The library tries again four times a second: once is enough to say it.
      if (!this.#refused)
        this.#log.error('SIP control connection refused', { error: textOf(error) })
      this.#refused = true
      this.#events.refused(textOf(error))
      return
    }
    this.#refused = false
    this.#said = undefined
    this.#up = true
    this.#events.up(String(endpoints))
    for (const run of this.#early.splice(0)) run()
  }

  #onError(error: unknown): void {
    const said = textOf(error)
    if (!this.#closed && said !== this.#said)
      this.#log.warn('SIP control connection', { error: said })
    this.#said = said
    this.#onDown()
  }

  #onDown(): void {
    this.#early = []
    if (!this.#up) return
    this.#up = false
    const lost = [...this.#waiting]
    for (const waiting of lost) {
      this.#fail(waiting, { is: 'linkDown', reason: 'control connection lost' })
    }
    this.#events.down()
  }

  #fail(waiting: Waiting, why: LinkFailure): void {
    if (!this.#waiting.delete(waiting)) return
    this.#guard(() => waiting.handlers.failed(why))
  }

  #onSent(waiting: Waiting, error: RawError | null, raw: RawRequest | undefined): void {
    if (!this.#waiting.has(waiting)) return
    if (error || !raw) {
      const is = error?.code === 'ENODIALOG' ? 'dialogGone' : 'refused'
      this.#fail(waiting, { is, reason: error?.message ?? 'request not sent' })
      return
    }
    waiting.transactionId = raw.stackTxnId
    raw.on('response', (response, ack) => this.#onResponse(waiting, response, ack))
    // The library gives an UPDATE to whichever request of ours has its Call-ID, and to nobody else.
    raw.on('update', (update, reply) => this.#dispatch(update, reply))
    this.#guard(() =>
      waiting.handlers.sent?.({
        uri: raw.uri,
        cancel: (reason) => this.#cancel(raw, reason),
        forget: () => this.#forget(waiting),
      }),
    )
  }

  #onResponse(waiting: Waiting, raw: RawResponse, ack: RawAck): void {
    if (!this.#waiting.has(waiting)) return
    if (raw.status >= 200) this.#waiting.delete(waiting)
    const response: ResponseIn = {
      ...messageOf(raw),
      status: raw.status,
      reason: raw.reason,
      address: raw.source_address ?? '',
      ack: (sdp) => this.#ack(ack, sdp),
    }
    this.#guard(() => waiting.handlers.response(response))
  }

  #ack(ack: RawAck, sdp: string | undefined): void {
    const failed = (error: unknown): void => {
      if (error) this.#log.warn('ACK not sent', { error: textOf(error) })
    }
    try {
      ack(
        sdp === undefined ? {} : { body: sdp, headers: { 'content-type': 'application/sdp' } },
        failed,
      )
    } catch (error) {
      failed(error)
    }
  }

  #cancel(raw: RawRequest, reason: string | undefined): void {
    try {
      const headers = reason === undefined ? {} : { Reason: reason }
      const options = { method: 'CANCEL', uri: raw.uri, stackTxnId: raw.stackTxnId, headers }
      this.#srf.app.client.request(options, (error) => {
        if (error) this.#log.debug('CANCEL not sent', { error: error.message })
      })
    } catch (error) {
      this.#log.debug('CANCEL not sent', { error: textOf(error) })
    }
  }

  #forget(waiting: Waiting): void {
    this.#waiting.delete(waiting)
    if (waiting.transactionId === undefined) return
    // The library would keep the request for ever if the server has forgotten it too.
    for (const server of this.#srf.app.client.mapServer.values()) {
      server.pendingSipRequests.delete(waiting.transactionId)
    }
  }

  #dispatch(raw: RawRequest, reply: RawReply): void {
    // The library refuses an UPDATE that comes before we have answered, unless somebody listens there.
    if (raw.method === 'INVITE') {
      raw.on('update', (update, updateReply) => this.#dispatch(update, updateReply))
    }
    this.#deliver({
      ...messageOf(raw),
      method: raw.method.toUpperCase(),
      uri: raw.uri,
      dialogId: raw.stackDialogId || undefined,
      source: raw.source === 'application' ? 'application' : 'network',
      protocol: raw.protocol || 'udp',
      address: raw.source_address ?? '',
      port: raw.source_port ?? 0,
      allHeaders: () => Object.entries(raw.headers ?? {}),
      respond: (status, options, done) => this.#respond(raw, reply, status, options ?? {}, done),
      onCancel: (run) => raw.on('cancel', (cancel) => this.#guard(() => run(messageOf(cancel)))),
    })
  }

  #deliver(request: RequestIn): void {
    if (this.#closed) return
    if (!this.#up) {
      if (this.#early.length < maxEarly) this.#early.push(() => this.#deliver(request))
      return
    }
    try {
      this.#events.request(request)
    } catch (error) {
      this.#log.error('SIP request failed', { method: request.method, error: textOf(error) })
      if (request.method !== 'ACK') request.respond(500)
    }
  }

  #respond(
    raw: RawRequest,
    reply: RawReply,
    status: number,
    options: ResponseOut,
    done: ((error?: string) => void) | undefined,
  ): void {
    if (raw.source === 'application' || raw.method === 'ACK') {
      done?.()
      return
    }
    const headers = { ...options.headers }
    const content = options.body === undefined ? { headers } : { headers, body: options.body }
    // without one the library need not read what the server shows of the response
    const sent =
      done &&
      ((error?: unknown): void => this.#guard(() => done(error ? textOf(error) : undefined)))
    try {
      reply.send(status, options.reason, content, sent)
    } catch (error) {
      // The library throws for a status that is not in its list: x00 means the same to the peer.
      const general = Math.floor(status / 100) * 100
      if (general === status) sent?.(error)
      else this.#respond(raw, reply, general, options, done)
    }
  }

  /** Nothing that we call may throw into the library's socket handler: that would end the process. */
  #guard(run: () => void): void {
    try {
      run()
    } catch (error) {
      this.#log.error('SIP handler failed', { error: error instanceof Error ? error.stack : error })
    }
  }
}

const messageOf = (raw: RawMessage): MessageIn => ({
  header: (name) => headerOf(raw, name),
  body: raw.body ?? '',
})
