import type { Clock } from './clock.ts'
import type { Protocol } from './transport/peer.ts'
import { isMessage, type Tap } from './transport/tap.ts'

/** One message on the wire; a tuple, since thousands a second may go to another thread. */
export type WireMessage = readonly [
  /** since the epoch */
  atMs: number,
  sent: boolean,
  protocol: Protocol,
  /** IP addresses without brackets */
  localAddress: string,
  localPort: number,
  remoteAddress: string,
  remotePort: number,
  /** byte string */
  text: string,
]

/** What a thread tells another one of what it heard; `lost` messages found no room. */
export interface WireBatch {
  readonly messages: readonly WireMessage[]
  readonly lost: number
}

/** `calls`: without registrations, which no call has. */
export type TraceScope = 'calls' | 'all'

const everyMs = 20
const maxMessages = 4000
const maxBytes = 4 * 1024 * 1024

const registration = /\nCSeq[ \t]*:[ \t]*\d+[ \t]+REGISTER\b/i

/**
 * Gathers messages and hands them on, some at a time: never more than one batch is on its way, so that
 * a receiver that is behind costs messages of the trace and not memory.
 */
export class TraceBatch {
  readonly #clock: Clock
  readonly #scope: TraceScope
  readonly #post: (batch: WireBatch) => void
  #messages: WireMessage[] = []
  #bytes = 0
  #lost = 0
  #armed: boolean = false
  #underWay: boolean = false

  constructor(clock: Clock, scope: TraceScope, post: (batch: WireBatch) => void) {
    this.#clock = clock
    this.#scope = scope
    this.#post = post
  }

  readonly tap: Tap = (sent, protocol, local, remote, text) => {
    if (!isMessage(text)) return
    if (this.#scope === 'calls' && registration.test(text)) return
    if (this.#messages.length >= maxMessages || this.#bytes + text.length > maxBytes) {
      this.#lost++
      return
    }
    this.#bytes += text.length
    const { address, port } = local
    this.#messages.push([
      this.#clock.nowMs(),
      sent,
      protocol,
      address,
      port,
      remote.address,
      remote.port,
      text,
    ])
    if (this.#armed || this.#underWay) return
    this.#armed = true
    this.#clock.after(everyMs, () => {
      this.#armed = false
      this.#flush()
    })
  }

  /** The last batch has been received. */
  taken(): void {
    this.#underWay = false
    if (this.#messages.length > 0) this.#flush()
  }

  #flush(): void {
    const batch = { messages: this.#messages, lost: this.#lost }
    this.#messages = []
    this.#bytes = 0
    this.#lost = 0
    this.#underWay = true
    this.#post(batch)
  }
}
