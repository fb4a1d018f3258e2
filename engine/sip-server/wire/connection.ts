import type { Socket } from 'node:net'
import { toWire } from '../message/text.ts'
import { type Caller, type ControlContext, perform } from './commands.ts'
import { FrameReader, framed, frameLimits } from './framing.ts'

/** An application that does not read its frames is cut off at this backlog. */
const unsentBytes = 32 * 1024 * 1024

/** Each is called once at most; `closed` is the last. */
export interface ConnectionWatcher {
  admitted(connection: ControlConnection): void
  closed(connection: ControlConnection): void
}

/** One application's connection: frames in, frames out, closed once. */
export class ControlConnection implements Caller {
  readonly id: number
  readonly verbs = new Set<string>()
  #authenticated: boolean = false
  readonly #socket: Socket
  readonly #control: ControlContext
  readonly #frames = new FrameReader()
  readonly #watcher: ConnectionWatcher
  readonly #stopWaiting: () => void
  /** frames of this turn of the event loop, a byte string */
  #pending: string = ''
  #state: 'open' | 'closed' = 'open'

  constructor(id: number, socket: Socket, control: ControlContext, watcher: ConnectionWatcher) {
    this.id = id
    this.#socket = socket
    this.#control = control
    this.#watcher = watcher
    const { clock, timing } = control.sip
    this.#stopWaiting = clock.after(timing.authenticateMs, () => {
      if (!this.authenticated) this.close('notAuthenticated')
    })
    this.#frames.limit(frameLimits.strangerBytes)
    socket.setNoDelay(true)
    socket.setKeepAlive(true, 30_000)
    socket.on('data', (bytes) => this.#read(bytes))
    socket.on('error', () => this.close('error'))
    socket.on('close', () => this.close('peer'))
  }

  get authenticated(): boolean {
    return this.#authenticated
  }

  /** The secret was right: from now on whole SIP messages may come. */
  admit(): void {
    const isFirst = !this.#authenticated
    this.#authenticated = true
    this.#frames.limit(frameLimits.payloadBytes)
    if (isFirst) this.#watcher.admitted(this)
  }

  get open(): boolean {
    return this.#state === 'open'
  }

  send(payload: string): void {
    if (this.#state === 'closed') return
    // one write for all that a turn brings: the system call costs more than the frames
    if (this.#pending === '') setImmediate(() => this.#flush())
    this.#pending += framed(payload)
    if (this.#socket.writableLength + this.#pending.length > unsentBytes) {
      this.#control.sip.counters.dropped.slowReader++
      this.close('slowReader')
    }
  }

  refuse(payload: string): void {
    this.send(payload)
    if (this.#state === 'closed') return
    this.#flush()
    this.#leave('refused')
    this.#socket.end(() => this.#socket.destroy())
  }

  /** Idempotent. The calls of this connection are ended by the listener. */
  close(cause: string): void {
    if (this.#state === 'closed') return
    this.#flush()
    this.#leave(cause)
    this.#socket.destroy()
  }

  #flush(): void {
    const text = this.#pending
    this.#pending = ''
    if (text !== '' && !this.#socket.destroyed) this.#socket.write(toWire(text))
  }

  #leave(cause: string): void {
    this.#state = 'closed'
    this.#stopWaiting()
    this.#control.sip.log({ event: 'control.closed', connection: this.id, cause })
    this.#watcher.closed(this)
  }

  #read(bytes: Buffer): void {
    this.#frames.push(bytes, (payload) => {
      if (this.open) this.#control.sip.contain(() => perform(this.#control, this, payload))
    })
    if (this.#frames.fault !== undefined) this.close(this.#frames.fault)
  }
}
