import { Registerer, RegistererState, type UserAgent } from 'sip.js'
import { BackOff } from './back-off.ts'
import { DeviceError, sentenceFor } from './errors.ts'
import type { DeviceState } from './types.ts'

export interface ConnectionEvents {
  state(state: DeviceState): void
  /** A try begins after so many milliseconds. */
  waiting(delayMs: number): void
  /** Registered, on a connection that is not the one of before. */
  back(): void
  failed(error: DeviceError): void
}

/** A clock that stood still for this long: the machine slept, and what was open is not to be trusted. */
const SLEPT_MS = 10_000
const LOOK_MS = 2000

const unreachable = (cause?: unknown): DeviceError =>
  new DeviceError('server-unreachable', 'The server cannot be reached.', { cause })

/** Statuses after which the same credentials need not be tried again. */
const refusals: ReadonlySet<number> = new Set([401, 403, 404, 407])

function refusal(sipStatus: number): DeviceError {
  if (refusals.has(sipStatus)) {
    return new DeviceError('wrong-credentials', 'The server does not take this name and password.')
  }
  return new DeviceError(
    'server-unreachable',
    `The server did not register this phone. ${sentenceFor(sipStatus)}`,
  )
}

/**
 * Keeps one WebSocket and one registration: connects, registers, waits until either is lost, and begins anew after
 * a growing pause. All of it happens in one loop, nothing inside a callback of the socket.
 */
export class Connection {
  readonly #agent: UserAgent
  readonly #registerer: Registerer
  readonly #events: ConnectionEvents
  readonly #backOff = new BackOff()
  #running: Promise<void> | undefined
  #wanted = false
  #started = false
  #first: PromiseWithResolvers<void> | undefined
  /** Resolves when what stands is lost, or a pause is to be cut short. */
  #interrupted = Promise.withResolvers<void>()
  #lookedAtMs = 0

  constructor(agent: UserAgent, expiresS: number, events: ConnectionEvents) {
    this.#agent = agent
    this.#events = events
    this.#registerer = new Registerer(agent, { expires: expiresS, refreshFrequency: 80 })
    this.#registerer.stateChange.addListener((state) => {
      if (state === RegistererState.Unregistered) this.interrupt()
    })
  }

  /**
   * Resolves once registered. Rejects with the first failure; unless the credentials are refused the tries go on
   * all the same.
   */
  start(): Promise<void> {
    this.#wanted = true
    this.#first ??= Promise.withResolvers<void>()
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
    })
    return this.#first.promise
  }

  /** Unregisters where that is possible and closes the connection. */
  async stop(): Promise<void> {
    this.#wanted = false
    this.interrupt()
    await this.#running
    if (this.#registerer.state === RegistererState.Registered && this.#agent.isConnected()) {
      this.#interrupted = Promise.withResolvers<void>()
      await this.#registered((delegate) =>
        this.#registerer.unregister({ requestDelegate: delegate }),
      ).catch(() => undefined)
    }
    if (this.#started) await this.#agent.transport.disconnect().catch(() => undefined)
  }

  /** The connection may be gone, or may be had again: looks at once. */
  interrupt(): void {
    this.#interrupted.resolve()
  }

  async #run(): Promise<void> {
    const watch = setInterval(() => this.#look(), LOOK_MS)
    this.#lookedAtMs = Date.now()
    const { addEventListener, removeEventListener } = globalThis
    const interrupt = (): void => this.interrupt()
    addEventListener?.('online', interrupt)
    try {
      let isBack = false
      while (this.#wanted) {
        const failure = await this.#stand(isBack)
        if (failure?.code === 'wrong-credentials') return this.#giveUp(failure)
        if (failure) this.#settle(failure)
        else isBack = true
        if (this.#wanted) await this.#pause()
      }
    } finally {
      removeEventListener?.('online', interrupt)
      clearInterval(watch)
      this.#events.state('unregistered')
    }
  }

  /** Connects, registers, and stays until that is lost. */
  async #stand(isBack: boolean): Promise<DeviceError | undefined> {
    this.#interrupted = Promise.withResolvers<void>()
    this.#events.state('registering')
    try {
      await this.#connect()
      await this.#registered((delegate) => this.#registerer.register({ requestDelegate: delegate }))
    } catch (error) {
      return error instanceof DeviceError ? error : unreachable(error)
    }
    this.#backOff.reset()
    this.#events.state('registered')
    this.#settle()
    if (isBack) this.#events.back()
    await this.#interrupted.promise
    return undefined
  }

  async #connect(): Promise<void> {
    if (this.#agent.isConnected()) await this.#agent.transport.disconnect().catch(() => undefined)
    this.#interrupted = Promise.withResolvers<void>()
    if (this.#started) await this.#agent.reconnect()
    else {
      this.#started = true
      await this.#agent.start()
    }
  }

  /** Sends a REGISTER by `send` and waits for its final answer, or until the connection is lost. */
  #registered(send: (delegate: RegisterDelegate) => Promise<unknown>): Promise<void> {
    const answered = new Promise<void>((resolve, reject) => {
      send({
        onAccept: () => resolve(),
        onReject: ({ message }) => reject(refusal(message.statusCode ?? 500)),
      }).catch(reject)
    })
    const lost = this.#interrupted.promise.then(() => {
      throw unreachable()
    })
    return Promise.race([answered, lost])
  }

  async #pause(): Promise<void> {
    const delayMs = this.#backOff.next()
    this.#events.state('reconnecting')
    this.#events.waiting(delayMs)
    this.#interrupted = Promise.withResolvers<void>()
    const waited = Promise.withResolvers<void>()
    const timer = setTimeout(waited.resolve, delayMs)
    await Promise.race([waited.promise, this.#interrupted.promise])
    clearTimeout(timer)
  }

  #giveUp(failure: DeviceError): void {
    this.#wanted = false
    this.#settle(failure)
  }

  /** Whoever waits for the first registration is told; later failures are events. */
  #settle(failure?: DeviceError): void {
    const first = this.#first
    if (!failure) {
      first?.resolve()
      return
    }
    this.#first = undefined
    if (first) first.promise.catch(() => undefined)
    first?.reject(failure)
    this.#events.failed(failure)
  }

  #look(): void {
    const nowMs = Date.now()
    const slept = nowMs - this.#lookedAtMs > SLEPT_MS
    this.#lookedAtMs = nowMs
    if (slept) this.interrupt()
  }
}

interface RegisterDelegate {
  onAccept(): void
  onReject(response: { readonly message: { readonly statusCode?: number | undefined } }): void
}
