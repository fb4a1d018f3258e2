import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import type { RawData, WebSocket } from 'ws'
import type { Clock } from '../../core/clock.ts'
import { Failure } from '../../core/failures.ts'
import type { Log } from '../../core/ports/observe.ts'
import type { Dialect, NewsFeed } from '../dialect.ts'
import type { Caller } from '../frame/auth.ts'
import { keepToItself } from '../frame/device-door.ts'
import { failureFor } from '../frame/faults.ts'
import { RateLimit } from '../frame/rate-limit.ts'
import type { Services } from '../services.ts'
import type { Commands } from './commands.ts'
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
export const beatMs = 30_000
/** The longest that a timer of Node waits. */
const longestMs = 2_147_483_647

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
}

/** One client at the WebSocket: asks by the commands of the dialect, and follows news. */
export class Connection {
  readonly #socket: WebSocket
  readonly #ports: ConnectionPorts
  readonly #messages: RateLimit
  readonly #timers = new Set<NodeJS.Timeout>()
  #caller: Caller | undefined
  #follows: Follows | undefined
  #outstanding = 0
  #isAlive = true
  #isAuthenticating = false

  /** `caller` is undefined when no header said who it is. */
  constructor(socket: WebSocket, stream: Socket, ports: ConnectionPorts, caller?: Caller) {
    this.#socket = socket
    this.#ports = ports
    this.#messages = new RateLimit(ports.clock, messagesPerSecond)
    socket.on('message', (data, isBinary) => this.#take(data, isBinary))
    socket.on('pong', () => {
      this.#isAlive = true
    })
    // ws closes it, with the code that suits
    socket.on('error', () => undefined)
    socket.once('close', () => this.#over())
    stream.on('drain', () => this.#catchUp())
    const beat = setInterval(() => this.#beat(), beatMs)
    this.#timers.add(beat)
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
      const { status, result } = await this.#carryOut(command, requestId)
      this.#send({ id, ok: true, status, result })
    } catch (error) {
      const fields = { requestId, operation: name.slice(0, 100) }
      this.#tell(id, failureFor(error, this.#ports.log, fields), requestId)
    } finally {
      this.#outstanding--
    }
  }

  async #carryOut(command: Command, requestId: string) {
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
      throw new Failure('rate_limited', `Too many requests; wait ${waitSeconds} s`)
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
    const reader = { isFull: () => this.#isFull(), send: (told: unknown) => this.#send(told) }
    this.#follows = new Follows(news, services, caller.account, reader)
    const { endsAtMs } = caller
    if (endsAtMs !== undefined) {
      const leftMs = Math.max(0, endsAtMs - services.directory.clock.nowMs())
      this.#after(Math.min(leftMs, longestMs), () => {
        this.close(closeCodes.notAuthorized, 'The token has ended')
      })
    }
  }

  async #follow(caller: Caller, { id, params }: Command) {
    keepToItself(caller, params, undefined)
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
    this.#send({ id, ok: false, status: dialect.statusOf?.(failure) ?? failure.http, ...error })
  }

  #send(message: unknown): void {
    const { readyState, OPEN, bufferedAmount } = this.#socket
    if (readyState !== OPEN) return
    if (bufferedAmount > mostBytes) {
      // whoever reads nothing does not read the code either
      this.#socket.close(closeCodes.tooSlow, 'Too much is unread')
      this.#socket.terminate()
      return
    }
    this.#socket.send(JSON.stringify(message))
  }

  #isFull(): boolean {
    return this.#socket.bufferedAmount > fullBytes
  }

  #catchUp(): void {
    this.#follows?.catchUp().catch((error: unknown) => {
      failureFor(error, this.#ports.log, { operation: 'follow' })
    })
  }

  /** A client that has not answered the last ping is gone. */
  #beat(): void {
    if (!this.#isAlive) {
      this.cut()
      return
    }
    this.#isAlive = false
    this.#socket.ping()
  }

  #refuse(why: string): void {
    if (this.#caller === undefined) this.close(closeCodes.notAuthorized, why)
  }

  #after(waitMs: number, run: () => void): void {
    this.#timers.add(setTimeout(run, waitMs))
  }

  #over(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#follows?.close()
    this.#follows = undefined
  }
}

const newRequestId = (): string => `req_${randomUUID().replaceAll('-', '')}`
