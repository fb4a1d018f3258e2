import type {
  CallEnd,
  CallEvents,
  CallLike,
  CallState,
  ConnectOptions,
  DeviceEvents,
  DeviceLike,
  DeviceState,
  Quality,
} from '../../../softphone/device/types.ts'

/** Listeners by name, as both doubles have them. */
class Listeners<Events extends { [Name in keyof Events]: unknown[] }> {
  readonly #all: { [Name in keyof Events]?: Set<(...args: Events[Name]) => void> } = {}

  on<Name extends keyof Events>(name: Name, listener: (...args: Events[Name]) => void): () => void {
    const set = this.#all[name] ?? new Set()
    this.#all[name] = set.add(listener)
    return () => set.delete(listener)
  }

  emit<Name extends keyof Events>(name: Name, ...args: Events[Name]): void {
    for (const listener of [...(this.#all[name] ?? [])]) listener(...args)
  }
}

export class FakeCall implements CallLike {
  readonly id: string
  readonly direction: 'incoming' | 'outgoing'
  readonly remote: { readonly user: string; readonly displayName: string | undefined }
  readonly startedAt = new Date(0)
  readonly params = {}
  readonly remoteStream = undefined
  state: CallState = 'pending'
  muted = false
  held = false
  heldByRemote = false
  answeredAt: Date | undefined
  quality: Quality | undefined
  /** What was asked of it, in order. */
  readonly asked: string[] = []
  readonly #events = new Listeners<CallEvents>()
  readonly #gone: (call: FakeCall) => void

  constructor(
    id: string,
    direction: 'incoming' | 'outgoing',
    user: string,
    gone: (call: FakeCall) => void,
  ) {
    this.id = id
    this.direction = direction
    this.remote = { user, displayName: undefined }
    this.#gone = gone
  }

  on = this.#events.on.bind(this.#events) as CallLike['on']
  emit = this.#events.emit.bind(this.#events)

  become(state: CallState): void {
    this.state = state
    if (state === 'open') this.answeredAt ??= new Date(1000)
    this.#events.emit('change')
  }

  end(end: CallEnd): void {
    this.state = 'closed'
    this.#gone(this)
    this.#events.emit('change')
    this.#events.emit('disconnect', end)
  }

  async accept(): Promise<void> {
    this.asked.push('accept')
    this.become('open')
  }

  async reject(how = 'decline'): Promise<void> {
    this.asked.push(how)
    this.end({ by: 'local', reason: 'You declined the call.' })
  }

  async hangup(): Promise<void> {
    this.asked.push('hangup')
    this.end({ by: 'local', reason: 'You ended the call.' })
  }

  mute(muted: boolean): void {
    this.muted = muted
    this.#events.emit('change')
  }

  async hold(held: boolean): Promise<void> {
    this.asked.push(held ? 'hold' : 'resume')
    this.held = held
    this.#events.emit('change')
  }

  async sendDigits(digits: string): Promise<void> {
    this.asked.push(`digits ${digits}`)
  }

  async transfer(to: string | CallLike): Promise<void> {
    this.asked.push(`transfer ${typeof to === 'string' ? to : to.id}`)
  }
}

export class FakeDevice implements DeviceLike {
  state: DeviceState = 'unregistered'
  readonly identity = '1001'
  calls: readonly FakeCall[] = []
  /** What was asked of it, in order. */
  readonly asked: string[] = []
  /** What `register` and `connect` fail with, when they do. */
  failure: Error | undefined
  readonly #events = new Listeners<DeviceEvents>()
  #made = 0

  on = this.#events.on.bind(this.#events) as DeviceLike['on']
  emit = this.#events.emit.bind(this.#events)

  async register(): Promise<void> {
    this.asked.push('register')
    if (this.failure) throw this.failure
    this.state = 'registered'
    this.#events.emit('registered')
  }

  async unregister(): Promise<void> {
    this.asked.push('unregister')
    this.state = 'unregistered'
  }

  async connect({ to }: ConnectOptions): Promise<FakeCall> {
    if (this.failure) throw this.failure
    return this.#keep('outgoing', to)
  }

  /** A call comes in. */
  ring(user: string): FakeCall {
    const call = this.#keep('incoming', user)
    this.#events.emit('incoming', call)
    return call
  }

  async takeOver(token: string): Promise<FakeCall> {
    const call = this.#keep('outgoing', token)
    call.become('open')
    return call
  }

  updateToken(token: string): void {
    this.asked.push(`token ${token}`)
  }

  async setMicrophone(deviceId: string): Promise<void> {
    this.asked.push(`microphone ${deviceId}`)
  }

  async merge(calls: readonly CallLike[]): Promise<void> {
    this.asked.push(`merge ${calls.map(({ id }) => id).join(' ')}`)
    await Promise.all(calls.map((call) => call.hold(false)))
  }

  async destroy(): Promise<void> {
    this.asked.push('destroy')
    this.state = 'destroyed'
  }

  #keep(direction: 'incoming' | 'outgoing', user: string): FakeCall {
    this.#made += 1
    const call = new FakeCall(`call${this.#made}`, direction, user, (gone) => {
      this.calls = this.calls.filter((other) => other !== gone)
      this.#events.emit('calls', this.calls)
    })
    this.calls = [...this.calls, call]
    this.#events.emit('calls', this.calls)
    return call
  }
}
