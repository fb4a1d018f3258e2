/**
 * Runs inside a page of a test: one Device, driven from outside by `globalThis.testPhone`, and ears that keep what
 * each call sounds like.
 */
import {
  type Call,
  type CallEnd,
  Device,
  type DeviceError,
} from '../../../softphone/device/index.ts'
import { Ear } from './ear.ts'

interface Seen {
  readonly at: number
  readonly what: string
  readonly detail: unknown
}

const plainVoice: MediaTrackConstraints = {
  echoCancellation: false,
  noiseSuppression: false,
  autoGainControl: false,
}

export class TestPhone {
  readonly seen: Seen[] = []
  readonly ear = new Ear()
  #device: Device | undefined
  readonly #calls: Call[] = []

  start(token: string, options: { registerExpiresS?: number } = {}): Promise<void> {
    const device = new Device({ token, audio: plainVoice, ...options })
    this.#device = device
    for (const name of ['registered', 'unregistered', 'registering'] as const) {
      device.on(name, () => this.#note(name))
    }
    device.on('reconnecting', (inMs) => this.#note('reconnecting', inMs))
    device.on('tokenWillExpire', (inMs) => this.#note('tokenWillExpire', inMs))
    device.on('error', (error) => this.#note('error', error.code))
    device.on('incoming', (call) => this.#watch(call, 'incoming'))
    return device.register()
  }

  get device(): Device {
    if (!this.#device) throw new Error('not started')
    return this.#device
  }

  /** The newest call, or one of those before it. */
  call(back = 0): Call {
    const call = this.#calls.at(-1 - back)
    if (!call) throw new Error('there is no call')
    return call
  }

  /** Resolves to what came of it: a call, or the code of the error. */
  async connect(to: string, params?: Readonly<Record<string, string>>): Promise<string> {
    try {
      const call = await this.device.connect({ to, ...(params && { params }) })
      this.#watch(call, 'outgoing')
      return 'made'
    } catch (error) {
      return (error as DeviceError).code
    }
  }

  async takeOver(token: string): Promise<void> {
    this.#watch(await this.device.takeOver(token), 'takenOver')
  }

  /** As when the network drops it: the socket closes under the Device. */
  loseSocket(): void {
    for (const socket of sockets) socket.close(4000, 'lost')
  }

  /** Keeps what the newest call sounds like from now on. */
  listen(back = 0): void {
    const { remoteStream } = this.call(back)
    if (!remoteStream) throw new Error('the call has no audio')
    this.ear.listen(remoteStream)
  }

  #watch(call: Call, what: string): void {
    this.#calls.push(call)
    this.#note(what, { from: call.remote.user, params: call.params })
    const name = `call${this.#calls.length}`
    call.on('ringing', () => this.#note(`${name} ringing`))
    call.on('accept', () => this.#note(`${name} accept`))
    call.on('digit', (digit) => this.#note(`${name} digit`, digit))
    call.on('transfer', (status) => this.#note(`${name} transfer`, status))
    call.on('remoteHold', (held) => this.#note(`${name} remoteHold`, held))
    call.on('reconnecting', () => this.#note(`${name} reconnecting`))
    call.on('reconnected', () => this.#note(`${name} reconnected`))
    call.on('disconnect', (end: CallEnd) => this.#note(`${name} disconnect`, end))
    // Streams of WebRTC stand still until somebody plays them.
    const player = new Audio()
    player.muted = true
    call.on('change', () => {
      const { remoteStream } = call
      if (!remoteStream || player.srcObject === remoteStream) return
      player.srcObject = remoteStream
      void player.play()
    })
  }

  #note(what: string, detail?: unknown): void {
    this.seen.push({ at: performance.now(), what, detail })
  }
}

const sockets = new Set<WebSocket>()
const Plain = globalThis.WebSocket
globalThis.WebSocket = class extends Plain {
  constructor(...of: ConstructorParameters<typeof WebSocket>) {
    super(...of)
    sockets.add(this)
    this.addEventListener('close', () => sockets.delete(this))
  }
}

declare global {
  var testPhone: TestPhone
}
globalThis.testPhone = new TestPhone()
