import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import type { RawData, WebSocket } from 'ws'
import type { Clock } from '../../core/clock.ts'
import { Failure } from '../../core/failures.ts'
import { beatMs, Heartbeat } from '../../core/heartbeat.ts'
import type { Log } from '../../core/ports/observe.ts'
import type { Dialect, NewsFeed } from '../dialect.ts'
import type { Admissions } from '../frame/admissions.ts'
import type { Caller } from '../frame/auth.ts'
import { keepToItself } from '../frame/device-door.ts'
import { failureFor } from '../frame/faults.ts'
import { isPermitted, permit } from '../frame/permit.ts'
import { RateLimit, retryAfterOf } from '../frame/rate-limit.ts'
import type { Services } from '../services.ts'
import type { Commands, Done } from './commands.ts'
import { Follows } from './follows.ts'
import { BadMessage, type Command, readMessage } from './message.ts'

/** Why we close (RFC 6455 section 7.4; 4000 and above are for applications). */
export const closeCodes = {
  goingAway: 1001,
  notText: 1003,
  tooManyMessages: 1008,
  tooSlow: 1013,
  notAuthorized: 4401,
} as const

/** Commands that have no answer yet. */
export const mostOutstanding = 32
/** Of any kind; whoever sends more does not read what he is told. */
export const messagesPerSecond = 200
/** Unread by the client: news is left out, and above the second no answers are kept for him either. */
const fullBytes = 262_144
const mostBytes = 8_388_608
const authenticatesWithinMs = 10_000
/** What has to be permitted to whoever follows news. */
const following = { method: 'GET' } as const

export interface ConnectionPorts {
  readonly dialect: Pick<Dialect, 'renderError' | 'statusOf'>
  readonly commands: Commands
  readonly news: NewsFeed
  readonly services: Services
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly log: Log
  /** Whose credential it is. Failure `unauthorized`. */
  callerOf(credential: string): Promise<Caller>
  /** Seconds to wait; 0: go on. */
  limit(caller: Caller): number
  readonly admissions: Admissions
}

/** One client at the WebSocket: asks by the commands of the dialect, and follows news. */
export class Connection {
  readonly #socket: WebSocket
  readonly #stream: Socket
  readonly #ports: ConnectionPorts
  readonly #messages: RateLimit
  readonly #timers = new Set<NodeJS.Timeout>()
  #caller: Caller | undefined
  #follows: Follows | undefined
  #outstanding = 0
  #isAuthenticating = false
  #letGo: () => void = () => undefined

  /** `caller` is undefined when no header said who it is. */
  constructor(socket: WebSocket, stream: Socket, ports: ConnectionPorts, caller?: Caller) {
    this.#socket = socket
    this.#stream = stream
    this.#ports = ports
    this.#messages = new RateLimit(ports.clock, messagesPerSecond)
    socket.on('message', (data, isBinary) => this.#take(data, isBinary))
    // ws closes it, with the code that suits
    socket.on('error', () => undefined)
    socket.once('close', () => this.#over())
    stream.on('drain', () => this.#catchUp())
    const heartbeat = new Heartbeat(socket)
    this.#timers.add(setInterval(() => heartbeat.beat(), beatMs))
    if (caller) this.#enter(caller)
    else this.#after(authenticatesWithinMs, () => this.#refuse('No API key came in time'))
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason)
  }

  cut(): void {
    this.#socket.terminate()
  }

  #take(data: RawData, isBinary: boolean): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    if (isBinary) {
      this.close(closeCodes.notText, 'Messages are JSON texts')
      return
    }
    if (this.#messages.take('') > 0) {
      this.close(closeCodes.tooManyMessages, `More than ${messagesPerSecond} messages a second`)
      return
    }
    try {
      const command = readMessage(String(data))
      void this.#answer(command)
    } catch (error) {
      if (!(error instanceof BadMessage)) throw error
      this.#tell(error.id, error.failure, newRequestId())
    }
  }

  /** Never rejects: what goes wrong is an answer too. */
  async #answer(command: Command): Promise<void> {
    const requestId = newRequestId()
    const { id, name } = command
    this.#outstanding++
    try {
      const done = await this.#carryOut(command, requestId)
      this.#send({ id, ok: true, ...done })
    } catch (error) {
      const fields = { requestId, operation: name.slice(0, 100) }
      this.#tell(id, failureFor(error, this.#ports.log, fields), requestId)
    } finally {
      this.#outstanding--
    }
  }

  async #carryOut(command: Command, requestId: string): Promise<Done> {
    if (command.name === 'authenticate') return this.#authenticate(command)
    const caller = this.#caller
    if (caller === undefined) {
      throw new Failure('unauthorized', 'Send authenticate first, and wait for its answer')
    }
    if (this.#outstanding > mostOutstanding) {
      throw new Failure('limit_reached', `${mostOutstanding} commands are not answered yet`)
    }
    const waitSeconds = this.#ports.limit(caller)
    if (waitSeconds > 0) {
      const text = `Too many requests; wait ${waitSeconds} s`
      throw new Failure('rate_limited', text, undefined, { retryAfterS: waitSeconds })
    }
    if (command.name === 'follow') return this.#follow(caller, command)
    if (command.name === 'unfollow') return this.#unfollow(command)
    return this.#ports.commands.perform(caller, requestId, command)
  }

  async #authenticate({ params }: Command) {
    const { api_key } = params
    if (this.#caller !== undefined || this.#isAuthenticating) {
      throw new Failure('invalid_request', 'It is known already who you are', 'do')
    }
    if (typeof api_key !== 'string') {
      throw new Failure('missing_parameter', 'params.api_key is required', 'params.api_key')
    }
    this.#isAuthenticating = true
    try {
      this.#enter(await this.#ports.callerOf(api_key))
      return { status: 200, result: null }
    } catch (error) {
      // once the answer is out: one guess for each connection
      setImmediate(() => this.#refuse('The API key is not valid'))
      throw error
    } finally {
      this.#isAuthenticating = false
    }
  }

  #enter(caller: Caller): void {
    const { news, services } = this.#ports
    this.#caller = caller
    const reader = {
      isFull: () => this.#isFull(),
      send: (told: unknown) => this.#send(told),
      sendFrame: (frame: Buffer) => this.#sendFrame(frame),
    }
    this.#follows = new Follows(news, services, caller.account, reader)
    this.#letGo = this.#ports.admissions.hold(caller, {
      renewed: (now) => {
        this.#caller = now
        if (!isPermitted(now, following)) this.#follows?.endAll()
      },
      ended: (why) => this.close(closeCodes.notAuthorized, why),
    })
  }

  async #follow(caller: Caller, { id, params }: Command) {
    keepToItself(caller, params, undefined)
    permit(caller, following)
    await this.#follows?.begin(id, params)
    return { status: 200, result: { follow: id } }
  }

  #unfollow({ params: { follow } }: Command) {
    if (this.#follows?.end(follow)) return { status: 200, result: null }
    throw new Failure('not_found', 'Nothing is followed by that id', 'params.follow')
  }

  #tell(id: string | number | null, failure: Failure, requestId: string): void {
    const { dialect } = this.#ports
    const error = dialect.renderError(failure, requestId) as Readonly<Record<string, unknown>>
    const status = dialect.statusOf?.(failure) ?? failure.http
    const retry_after = retryAfterOf(failure)
    this.#send({ id, ok: false, status, ...(retry_after && { retry_after }), ...error })
  }

  #send(message: unknown): void {
    if (this.#maySend()) this.#socket.send(JSON.stringify(message))
  }

  /** Past ws, which writes at once too: it would encode the text for each connection anew. */
  #sendFrame(frame: Buffer): void {
    if (this.#maySend()) this.#stream.write(frame)
  }

  #maySend(): boolean {
    const { readyState, OPEN, bufferedAmount } = this.#socket
    if (readyState !== OPEN) return false
    if (bufferedAmount <= mostBytes) return true
    // whoever reads nothing does not read the code either
    this.#socket.close(closeCodes.tooSlow, 'Too much is unread')
    this.#socket.terminate()
    return false
  }

  #isFull(): boolean {
    return this.#socket.bufferedAmount > fullBytes
  }

  #catchUp(): void {
    this.#follows?.catchUp().catch((error: unknown) => {
      failureFor(error, this.#ports.log, { operation: 'follow' })
    })
  }

  #refuse(why: string): void {
    if (this.#caller === undefined) this.close(closeCodes.notAuthorized, why)
  }

  #after(waitMs: number, run: () => void): void {
    this.#timers.add(setTimeout(run, waitMs))
  }

  #over(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#letGo()
    this.#follows?.close()
    this.#follows = undefined
  }
}

export const newRequestId = (): string => `req_${randomUUID().replaceAll('-', '')}`
