import { type Invitation, Inviter, SIPExtension, URI, UserAgent } from 'sip.js'
import { handlerFactory } from './audio-path.ts'
import { Call, type CallSurroundings } from './call.ts'
import { Connection } from './connection.ts'
import { Emitter } from './emitter.ts'
import { DeviceError } from './errors.ts'
import { Microphone } from './microphone.ts'
import { Mix, type MixMember } from './mix.ts'
import { readToken, type TokenContents } from './token.ts'
import { TokenClock } from './token-clock.ts'
import type {
  CallLike,
  ConnectOptions,
  DeviceEvents,
  DeviceLike,
  DeviceOptions,
  DeviceState,
} from './types.ts'

const REGISTER_EXPIRES_S = 120
const TOKEN_REFRESH_MS = 60_000
const KEEP_ALIVE_S = 20
const CONNECT_WITHIN_S = 5

/** Goes with the INVITE that takes a call over; to be used once. */
const TAKEOVER_HEADER = 'X-Ringdown-Takeover'
const TAKEOVER_USER = 'takeover'

const PARAM_NAME = /^[A-Za-z0-9-]{1,64}$/
const LONGEST_PARAM = 200

const voiceAsBrowsersDo: MediaTrackConstraints = {
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
}

/** The URL of the WebSocket: as told, or on the origin that the token came from. */
function socketUrl(told: string | undefined, contents: TokenContents): string {
  const url = told ?? contents.url
  if (url === undefined)
    throw new DeviceError('invalid-argument', 'The server has no WebSocket for phones.')
  if (/^wss?:/.test(url)) return url
  const { location } = globalThis
  return new URL(url, location.href.replace(/^http/, 'ws')).href
}

/** Other than for `invite` extra headers are text; nothing in them may end the line. */
function headersOf(params: ConnectOptions['params'] = {}): string[] {
  return Object.entries(params).map(([name, value]) => {
    const isGood =
      PARAM_NAME.test(name) && value.length <= LONGEST_PARAM && /^[\x20-\x7e]*$/.test(value)
    if (!isGood)
      throw new DeviceError('invalid-argument', `The parameter "${name}" cannot be sent.`)
    return `X-${name}: ${value}`
  })
}

/**
 * A phone in the browser: registers with a device token, makes and takes calls. Every method that fails rejects with
 * a DeviceError; what fails by itself comes as the event `error`.
 */
export class Device implements DeviceLike {
  readonly #events = new Emitter<DeviceEvents>()
  readonly #agent: UserAgent
  readonly #connection: Connection
  readonly #microphone: Microphone
  readonly #tokenClock: TokenClock
  readonly #around: CallSurroundings
  #contents: TokenContents
  #state: DeviceState = 'unregistered'
  #calls: readonly Call[] = []
  #mix: Mix | undefined
  #isEnding = false

  /** @throws DeviceError `invalid-argument` for a token that is none. */
  constructor(options: DeviceOptions) {
    const contents = readToken(options.token)
    this.#contents = contents
    this.#microphone = new Microphone(options.audio ?? voiceAsBrowsersDo)
    this.#agent = newAgent(
      contents,
      options,
      // Those of a token end with it.
      () => [...this.#contents.iceServers, ...(options.iceServers ?? [])],
      (invitation) => void this.#incoming(invitation),
      () => this.#connection.interrupt(),
    )
    const kept = {
      expiresS: options.registerExpiresS ?? REGISTER_EXPIRES_S,
      isTokenOver: () => this.#contents.expiresAt.getTime() <= Date.now(),
    }
    this.#connection = new Connection(this.#agent, kept, {
      state: (state) => this.#become(state),
      waiting: (delayMs) => this.#events.emit('reconnecting', delayMs),
      back: () => {
        for (const call of this.#calls) void call.moved()
      },
      failed: (error) => this.#events.emit('error', error),
    })
    this.#tokenClock = new TokenClock(
      options.tokenRefreshMs ?? TOKEN_REFRESH_MS,
      options.refreshToken,
      {
        willExpire: (inMs) => this.#events.emit('tokenWillExpire', inMs),
        renewed: (token) => this.updateToken(token),
        failed: (error) => this.#events.emit('error', error),
      },
    )
    this.#tokenClock.set(contents.expiresAt)
    this.#around = {
      microphone: this.#microphone,
      addressOf: (to) => this.#addressOf(to),
      isConnected: () => this.#state === 'registered',
    }
  }

  get state(): DeviceState {
    return this.#state
  }

  get identity(): string {
    return this.#contents.username
  }

  get calls(): readonly Call[] {
    return this.#calls
  }

  on<Name extends keyof DeviceEvents>(
    name: Name,
    listener: (...args: DeviceEvents[Name]) => void,
  ): () => void {
    return this.#events.on(name, listener)
  }

  register(): Promise<void> {
    if (this.#isEnding) return Promise.reject(destroyed())
    return this.#connection.start()
  }

  unregister(): Promise<void> {
    return this.#connection.stop()
  }

  connect({ to, params }: ConnectOptions): Promise<Call> {
    return this.#invite(this.#addressOf(to), headersOf(params))
  }

  takeOver(takeoverToken: string): Promise<Call> {
    if (!/^[\x21-\x7e]{1,200}$/.test(takeoverToken)) {
      return Promise.reject(new DeviceError('invalid-argument', 'This is not a takeover token.'))
    }
    return this.#invite(this.#addressOf(TAKEOVER_USER), [`${TAKEOVER_HEADER}: ${takeoverToken}`])
  }

  updateToken(token: string): void {
    const contents = readToken(token)
    if (contents.username !== this.#contents.username) {
      throw new DeviceError('invalid-argument', 'The token is of another device.')
    }
    this.#contents = contents
    const { configuration } = this.#agent
    configuration.authorizationUsername = contents.authorizationUsername
    configuration.authorizationPassword = contents.password
    if (this.#isEnding) return
    this.#tokenClock.set(contents.expiresAt)
    this.#connection.renew()
  }

  async setMicrophone(deviceId: string): Promise<void> {
    await this.#microphone.choose(deviceId)
    const changes = this.#calls.map((call) => call.changeMicrophone())
    const failed = (await Promise.allSettled(changes)).find(({ status }) => status === 'rejected')
    await this.#mixAgain()
    if (failed?.status === 'rejected') throw failed.reason
  }

  async merge(calls: readonly CallLike[]): Promise<void> {
    const members = this.#calls.filter((call) => calls.includes(call))
    if (members.length < 2 || members.some((call) => call.state !== 'open')) {
      throw new DeviceError('invalid-argument', 'Two or more calls that are up can be merged.')
    }
    await Promise.all(members.map((call) => call.hold(false)))
    this.#mix ??= new Mix()
    await this.#mix.set(audioOf(members))
  }

  async destroy(): Promise<void> {
    if (this.#state === 'destroyed') return
    this.#isEnding = true
    this.#tokenClock.stop()
    await Promise.all(this.#calls.map((call) => call.hangup()))
    await this.#connection.stop()
    await this.#mix?.close()
    await this.#agent.stop().catch(() => undefined)
    this.#become('destroyed')
  }

  async #invite(target: URI, extraHeaders: string[]): Promise<Call> {
    if (this.#state !== 'registered') {
      throw new DeviceError('invalid-state', 'The phone is not connected to its server.')
    }
    const inviter = new Inviter(this.#agent, target, { extraHeaders, earlyMedia: true })
    const call = this.#newCall(inviter)
    await call.begin()
    this.#keep(call)
    return call
  }

  async #incoming(invitation: Invitation): Promise<void> {
    if (this.#isEnding) {
      await invitation.reject({ statusCode: 480 }).catch(() => undefined)
      return
    }
    const call = this.#newCall(invitation)
    this.#keep(call)
    await call.ring().catch(() => undefined)
    // Its caller may have given up already.
    if (call.state === 'pending') this.#events.emit('incoming', call)
  }

  #newCall(session: Inviter | Invitation): Call {
    const call = new Call(session, this.#around)
    call.on('disconnect', () => {
      this.#calls = this.#calls.filter((other) => other !== call)
      this.#events.emit('calls', this.#calls)
      this.#mixAgain().catch(() => undefined)
    })
    return call
  }

  #keep(call: Call): void {
    if (call.state === 'closed') return
    this.#calls = [...this.#calls, call]
    this.#events.emit('calls', this.#calls)
  }

  /** Who is still there, on the tracks of now; a mix of one is none. */
  async #mixAgain(): Promise<void> {
    const mix = this.#mix
    if (!mix || mix.members.size === 0) return
    const left = audioOf(this.#calls).filter((member) => mix.members.has(member))
    await mix.set(left.length < 2 ? [] : left)
  }

  #addressOf(to: string): URI {
    const text = to.trim()
    const told = /^sips?:/i.test(text) ? UserAgent.makeURI(text) : undefined
    if (told) return told
    const user = text.replace(/(?<=^[+\d\s().-]*)[\s().-]+/g, '')
    if (!/^[A-Za-z0-9+*#._~!$'-]{1,64}$/.test(user)) {
      throw new DeviceError('invalid-argument', 'This is no number or name that can be called.')
    }
    return new URI('sip', user.replaceAll('#', '%23'), this.#contents.realm)
  }

  #become(state: DeviceState): void {
    if (this.#state === state || this.#state === 'destroyed') return
    this.#state = state
    if (state === 'registering' || state === 'registered' || state === 'unregistered') {
      this.#events.emit(state)
    }
  }
}

const destroyed = (): DeviceError => new DeviceError('invalid-state', 'The phone was destroyed.')

const audioOf = (calls: readonly Call[]): MixMember[] =>
  calls.flatMap(({ audio }) => (audio ? [audio] : []))

function newAgent(
  contents: TokenContents,
  options: DeviceOptions,
  iceServers: () => RTCIceServer[],
  onInvite: (invitation: Invitation) => void,
  onDisconnect: () => void,
): UserAgent {
  const { username, realm, displayName, authorizationUsername, password } = contents
  return new UserAgent({
    uri: new URI('sip', username, realm),
    authorizationUsername,
    authorizationPassword: password,
    ...(displayName !== undefined && { displayName }),
    transportOptions: {
      server: socketUrl(options.url, contents),
      connectionTimeout: CONNECT_WITHIN_S,
      keepAliveInterval: KEEP_ALIVE_S,
    },
    reconnectionAttempts: 0,
    logBuiltinEnabled: false,
    // Calls and the registration are ended before; answers that may never come are not waited for.
    gracefulShutdown: false,
    sipExtensionReplaces: SIPExtension.Supported,
    userAgentString: 'Ringdown Device',
    sessionDescriptionHandlerFactory: handlerFactory(iceServers),
    delegate: { onInvite, onDisconnect },
  })
}
