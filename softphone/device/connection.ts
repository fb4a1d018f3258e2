import { Registerer, RegistererState, RequestPendingError, type UserAgent } from 'sip.js'
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

export interface ConnectionOptions {
  /** Seconds between refreshes of the registration. */
  readonly expiresS: number
  /** By the clock here: tells a token that has run out from one that was never good. */
  readonly isTokenOver: () => boolean
}

/** A clock that stood still for this long: the machine slept, and what was open may be gone. */
const SLEPT_MS = 10_000
const LOOK_MS = 2000
/** A server that has not answered by then is not there. */
const PROVE_WITHIN_MS = 2000
const REGISTER_WITHIN_MS = 10_000

const unreachable = (cause?: unknown): DeviceError =>
  new DeviceError('server-unreachable', 'The server cannot be reached.', { cause })

/** Statuses after which the same credentials need not be tried again: each try counts as a guess. */
const refusals: ReadonlySet<number> = new Set([401, 404, 407])

const isRefusal = ({ code }: DeviceError): boolean =>
  code === 'wrong-credentials' || code === 'token-expired'

/** Rejects as unreachable when it is not settled in time. */
async function within<Result>(limitMs: number, work: Promise<Result>): Promise<Result> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(unreachable()), limitMs)
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Keeps one WebSocket and one registration: connects, registers, waits until either is lost, and begins anew after
 * a growing pause. All of it happens in one loop, nothing inside a callback of the socket. Refused credentials end
 * the loop until there are others.
 */
export class Connection {
  readonly #agent: UserAgent
  readonly #options: ConnectionOptions
  readonly #events: ConnectionEvents
  readonly #backOff = new BackOff()
  #registerer: Registerer
  #running: Promise<void> | undefined
  #stopping: Promise<void> | undefined
  #wanted = false
  #started = false
  /** Registered just now. */
  #isUp = false
  /** Has been registered: the next time it is back. */
  #wasUp = false
  /** It has ended because its credentials were refused. */
  #refused = false
  /** Counts the credentials that there were. */
  #renewals = 0
  #first: PromiseWithResolvers<void> | undefined
  /** Resolves when what stands is lost. */
  #lost = Promise.withResolvers<void>()
  /** Cuts a pause short. */
  #hurry = Promise.withResolvers<void>()
  #lookedAtMs = 0

  constructor(agent: UserAgent, options: ConnectionOptions, events: ConnectionEvents) {
    this.#agent = agent
    this.#options = options
    this.#events = events
    this.#registerer = this.#newRegisterer()
  }

  /**
   * Resolves once registered. Rejects with the first failure; unless the credentials are refused the tries go on
   * all the same. A pause between two tries is cut short.
   */
  start(): Promise<void> {
    if (this.#stopping !== undefined) return this.#stopping.then(() => this.start())
    this.#wanted = true
    this.#refused = false
    if (this.#isUp) return Promise.resolve()
    this.#first ??= Promise.withResolvers<void>()
    const { promise } = this.#first
    this.#running ??= this.#run()
    this.#hurry.resolve()
    return promise
  }

  /** Unregisters where that is possible and closes the connection. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop().finally(() => {
      this.#stopping = undefined
    })
    return this.#stopping
  }

  /** There are other credentials: what ended because of the old ones begins again. */
  renew(): void {
    this.#renewals += 1
    if (this.#refused) this.start().catch(() => undefined)
  }

  /** The connection may be gone, or may be had again: looks at once. */
  interrupt(): void {
    this.#lost.resolve()
    this.#hurry.resolve()
  }

  async #stop(): Promise<void> {
    this.#wanted = false
    this.#refused = false
    this.interrupt()
    const { transport } = this.#agent
    if (this.#started && !this.#agent.isConnected()) {
      await transport.disconnect().catch(() => undefined)
    }
    await this.#running
    this.#settle(new DeviceError('invalid-state', 'The phone was told not to register.'))
    this.#wasUp = false
    this.#lost = Promise.withResolvers<void>()
    if (this.#registerer.state === RegistererState.Registered && this.#agent.isConnected()) {
      const gone = this.#answered((requestDelegate) =>
        this.#registerer.unregister({ requestDelegate }),
      )
      await within(PROVE_WITHIN_MS, gone).catch(() => undefined)
    }
    if (this.#started) await transport.disconnect().catch(() => undefined)
    // What could not be unregistered is not refreshed either.
    if (this.#registerer.state === RegistererState.Registered) void this.#registerer.dispose()
  }

  async #run(): Promise<void> {
    const watch = setInterval(() => this.#look(), LOOK_MS)
    this.#lookedAtMs = Date.now()
    const { addEventListener, removeEventListener } = globalThis
    const interrupt = (): void => this.interrupt()
    addEventListener?.('online', interrupt)
    try {
      while (this.#wanted) {
        const failure = await this.#stand()
        if (failure && this.#wanted) this.#failed(failure)
        if (this.#wanted) await this.#pause()
      }
    } finally {
      removeEventListener?.('online', interrupt)
      clearInterval(watch)
      // Before anybody hears of it, so that whoever begins anew then finds nothing running.
      this.#running = undefined
      this.#events.state('unregistered')
    }
  }

  /** Connects, registers, and stays until that is lost. */
  async #stand(): Promise<DeviceError | undefined> {
    const { isTokenOver } = this.#options
    const renewals = this.#renewals
    this.#events.state('registering')
    try {
      await this.#connect()
      await within(REGISTER_WITHIN_MS, this.#register())
    } catch (error) {
      const failure = error instanceof DeviceError ? error : unreachable(error)
      if (!isRefusal(failure)) return failure
      // What was refused is not what we have now.
      if (renewals !== this.#renewals) return unreachable(failure)
      const text = 'The token has run out.'
      return isTokenOver() ? new DeviceError('token-expired', text, { cause: failure }) : failure
    }
    if (!this.#wanted) return undefined
    await this.#beUp()
    return undefined
  }

  async #beUp(): Promise<void> {
    const isBack = this.#wasUp
    this.#isUp = true
    this.#wasUp = true
    this.#backOff.reset()
    this.#first?.resolve()
    this.#first = undefined
    this.#events.state('registered')
    if (isBack) this.#events.back()
    await this.#lost.promise
    this.#isUp = false
  }

  async #connect(): Promise<void> {
    if (this.#agent.isConnected()) await this.#agent.transport.disconnect().catch(() => undefined)
    // That we closed it ourselves is no loss.
    this.#lost = Promise.withResolvers<void>()
    if (!this.#wanted) throw unreachable()
    if (this.#started) await this.#agent.reconnect()
    else {
      this.#started = true
      await this.#agent.start()
    }
    if (!this.#wanted) throw unreachable()
  }

  /**
   * On a new connection. What was asked on the one before is not answered any more and not waited for, and
   * credentials that were refused are not shown once more.
   */
  async #register(): Promise<void> {
    const register = (): Promise<void> =>
      this.#answered((requestDelegate) => this.#registerer.register({ requestDelegate }))
    if (this.#registerer.state !== RegistererState.Registered) this.#replaceRegisterer()
    try {
      await register()
    } catch (error) {
      if (!(error instanceof RequestPendingError)) throw error
      this.#replaceRegisterer()
      await register()
    }
  }

  #replaceRegisterer(): void {
    const before = this.#registerer
    this.#registerer = this.#newRegisterer()
    // It ends when its request does; one that thinks itself registered would unregister.
    if (before.state !== RegistererState.Registered) void before.dispose()
  }

  #newRegisterer(): Registerer {
    const { expiresS } = this.#options
    const made = new Registerer(this.#agent, { expires: expiresS, refreshFrequency: 80 })
    made.stateChange.addListener((state) => {
      if (made === this.#registerer && state === RegistererState.Unregistered) this.interrupt()
    })
    return made
  }

  /** Sends a REGISTER by `send` and waits for its final answer, or until the connection is lost. */
  #answered(send: (delegate: RegisterDelegate) => Promise<unknown>): Promise<void> {
    const answered = new Promise<void>((resolve, reject) => {
      send({
        onAccept: () => resolve(),
        onReject: ({ message }) => reject(refusal(message.statusCode ?? 500)),
      }).catch(reject)
    })
    const lost = this.#lost.promise.then(() => {
      throw unreachable()
    })
    return Promise.race([answered, lost])
  }

  async #pause(): Promise<void> {
    const delayMs = this.#backOff.next()
    this.#hurry = Promise.withResolvers<void>()
    const waited = Promise.withResolvers<void>()
    const timer = setTimeout(waited.resolve, delayMs)
    this.#events.state('reconnecting')
    this.#events.waiting(delayMs)
    await Promise.race([waited.promise, this.#hurry.promise])
    clearTimeout(timer)
  }

  #failed(failure: DeviceError): void {
    if (isRefusal(failure)) {
      this.#wanted = false
      this.#refused = true
    }
    this.#settle(failure)
    this.#events.failed(failure)
  }

  /** Whoever waits for the registration is told. */
  #settle(failure: DeviceError): void {
    const first = this.#first
    this.#first = undefined
    first?.promise.catch(() => undefined)
    first?.reject(failure)
  }

  #look(): void {
    const nowMs = Date.now()
    const slept = nowMs - this.#lookedAtMs > SLEPT_MS
    this.#lookedAtMs = nowMs
    if (slept && this.#isUp) void this.#prove()
  }

  /**
   * Is the server still there? Asked by a REGISTER: pages out of sight are woken once a minute only, which looks like
   * a machine that slept, and a good connection is not to be given up for that.
   */
  async #prove(): Promise<void> {
    const asked = this.#answered((requestDelegate) =>
      this.#registerer.register({ requestDelegate }),
    )
    await within(PROVE_WITHIN_MS, asked).catch((error: unknown) => {
      if (!(error instanceof RequestPendingError)) this.interrupt()
    })
  }
}

function refusal(sipStatus: number): DeviceError {
  if (refusals.has(sipStatus)) {
    return new DeviceError('wrong-credentials', 'The server does not take this name and password.')
  }
  // Locked out for a while, as all are from whose address somebody guesses.
  const why = sipStatus === 403 ? 'It refuses phones from here for now.' : sentenceFor(sipStatus)
  return new DeviceError('server-unreachable', `The server did not register this phone. ${why}`)
}

interface RegisterDelegate {
  onAccept(): void
  onReject(response: { readonly message: { readonly statusCode?: number | undefined } }): void
}
