import type { Context } from '../../engine/sip-server/context.ts'
import { orphan } from '../../engine/sip-server/dialog/orphan.ts'
import type { Random } from '../../engine/sip-server/random.ts'
import { build, foundation } from '../../engine/sip-server/server.ts'
import type { Peer, Stream } from '../../engine/sip-server/transport/peer.ts'
import { AppRegistry } from '../../engine/sip-server/wire/apps.ts'
import { type Caller, type ControlContext, perform } from '../../engine/sip-server/wire/commands.ts'
import { FrameReader, frameLimits } from '../../engine/sip-server/wire/framing.ts'
import { promise } from './target.ts'

interface Timer {
  readonly atMs: number
  readonly run: () => void
}

/** As the virtual clock of the other tests, but nothing here waits for promises. */
class Timers {
  #nowMs = 1_800_000_000_000
  readonly #timers = new Set<Timer>()

  nowMs = (): number => this.#nowMs
  after = (delayMs: number, run: () => void): (() => void) => {
    const timer = { atMs: this.#nowMs + delayMs, run }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Runs what falls due within that time, a step of time at once. */
  advance(durationMs: number, stepMs: number): void {
    const endMs = this.#nowMs + durationMs
    while (this.#nowMs < endMs && this.#timers.size > 0) {
      this.#nowMs += stepMs
      for (const timer of [...this.#timers]) {
        if (timer.atMs <= this.#nowMs && this.#timers.delete(timer)) timer.run()
      }
    }
    this.#nowMs = Math.max(this.#nowMs, endMs)
  }
}

/** Ids that inputs can name: `u1`, `u2`, ... and `t1`, `t2`, ... */
const countedRandom = (): Random => {
  let count = 0
  return { token: () => `t${++count}`, uuid: () => `u${++count}`, below: () => 0 }
}

class StackApp implements Caller {
  readonly id = 1
  readonly verbs = new Set<string>()
  authenticated = false
  open = true
  sentBytes = 0
  readonly frames = new FrameReader()
  send(payload: string): void {
    this.sentBytes += payload.length
  }
  admit(): void {
    this.authenticated = true
    this.frames.limit(frameLimits.payloadBytes)
  }
  refuse(payload: string): void {
    this.send(payload)
    this.open = false
  }
}

const secret = 'secret'

/** A whole SIP server without sockets: one peer, one application, time that is told to pass. */
export class Stack {
  readonly #clock = new Timers()
  readonly #context: Context
  readonly #control: ControlContext
  readonly #app = new StackApp()
  readonly #peer: Peer
  #lastError: unknown
  sentBytes = 0

  constructor(protocol: 'udp' | 'tcp') {
    const options = {
      ...{ host: '192.0.2.2', port: 5060, transports: ['udp', 'tcp'] as const },
      ...{ controlHost: '127.0.0.1', controlPort: 0, secret },
      ...{ clock: this.#clock, random: countedRandom() },
      log: (event: Readonly<Record<string, unknown>>) => {
        if (event['event'] === 'sip.fault') this.#lastError = event['error']
      },
    }
    const { base } = foundation(options)
    const apps = new AppRegistry()
    this.#context = build(options, base, apps)
    const count = (text: string): void => {
      this.sentBytes += text.length
    }
    // names must not be asked for, and there are no sockets
    Object.assign(this.#context.transports, {
      send: (_target: unknown, text: string) => count(text),
      contactAddress: () => '192.0.2.2:5060',
      socketAddress: () => '192.0.2.2',
      portOf: () => 5060,
    })
    const hostports = () => 'udp/192.0.2.2:5060'
    this.#control = { sip: this.#context, apps, secret, hostports }
    const stream: Stream = { open: true, write: count }
    const place = { address: '192.0.2.1', port: 5066 }
    this.#peer = protocol === 'udp' ? { protocol, ...place } : { protocol, ...place, stream }
  }

  /** The application logs in and asks for all methods. */
  attach(): void {
    this.#perform(`a|authenticate|${secret}|`)
    for (const verb of [
      'invite',
      'register',
      'options',
      'message',
      'info',
      'notify',
      'subscribe',
    ]) {
      this.#perform(`r|route|${verb}`)
    }
  }

  fromPeer(text: string): void {
    const { contain, transactions } = this.#context
    contain(() => transactions.received(text, this.#peer))
    this.#check()
  }

  /** Bytes of the control connection. */
  fromApp(bytes: string): void {
    const { frames } = this.#app
    frames.push(Buffer.from(bytes, 'latin1'), (payload) => this.#perform(payload))
    if (frames.fault !== undefined) this.#app.open = false
    this.#check()
  }

  /** One frame without its length. */
  frame(payload: string): void {
    if (this.#app.open) this.#perform(payload)
    this.#check()
  }

  /** The application goes away, the peer falls silent: in the end nothing is left. */
  end(): void {
    const { apps } = this.#control
    this.#app.open = false
    apps.removeAll(this.#app)
    this.#context.contain(() => orphan(this.#context, this.#app))
    this.#clock.advance(400_000, 4000)
    this.#check()
    const { transactions, inbound, outbound, dialogs, offered } = this.#context
    const left = {
      ...transactions.count,
      ...{ inbound: inbound.size, outbound: outbound.size },
      ...{ dialogs: dialogs.size, offered: offered.size },
    }
    const all = Object.values(left).reduce((sum, count) => sum + count, 0)
    promise(all === 0, `nothing is left: ${JSON.stringify(left)}`)
  }

  #perform(payload: string): void {
    this.#context.contain(() => perform(this.#control, this.#app, payload))
  }

  #check(): void {
    if (this.#lastError !== undefined)
      throw new Error(`contained fault: ${String(this.#lastError)}`)
  }
}
