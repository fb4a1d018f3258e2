import type { AgentId, CallId } from '../../core/ids.ts'
import type { Place } from '../../core/queue.ts'
import type { Seat } from '../bridge.ts'
import type { LiveCall } from '../live-call.ts'
import type { Run } from '../program.ts'
import type { Instructions } from '../verbs/redirect.ts'

/** Why somebody waits no more. */
export type Leaving =
  /** Somebody talks to him now: an agent, or whoever dialled the queue. */
  | { readonly is: 'taken'; readonly by: Taker }
  | { readonly is: 'leave' | 'timeout' | 'deleted' }
  | { readonly is: 'redirected'; readonly to: Instructions }

/** What an application is told of the wait. */
type Told = Readonly<Record<string, unknown>>

/** Whoever takes a waiting call. */
export interface Taker {
  readonly seat: Seat
  /** He does something else by now. */
  readonly signal: AbortSignal
  readonly agentId: AgentId | undefined
  readonly target: string
  /** What the caller hears first, by the rest of his program. `over`: a verb that ends all has ended it. */
  readonly welcome?: (waiting: Run, told: Told) => Promise<'over' | 'end'>
  /** Settles when the two are connected, or will not be. */
  readonly joined: PromiseWithResolvers<boolean>
}

/** A phone that rings for a waiting call. */
export interface AgentLeg {
  readonly target: string
  /** Undefined: somebody whom the API named. */
  readonly agentId: AgentId | undefined
  call: LiveCall | undefined
  /** Why it is not wanted any more. */
  unwanted: 'caller-gone' | 'answered-elsewhere' | undefined
  /** Has the waiting call. */
  won: boolean
  /** Talks with it since; monotonic time. */
  talkBeganMs: number | undefined
}

/** A call that waits, as the API shows it. */
export interface WaitingNow extends Place {
  readonly from: string
  readonly to: string
  readonly position: number
  readonly enteredAtMs: number
  readonly waitedMs: number
  readonly ringing: readonly string[]
  readonly data: Readonly<Record<string, unknown>> | null
}

/** A call in a queue. */
export class WaitingCall implements Place {
  readonly call: LiveCall
  readonly sequence: number
  readonly enteredAtMs: number
  readonly data: Readonly<Record<string, unknown>> | undefined
  priority: number
  readonly legs = new Set<AgentLeg>()
  /** Has him, and is not connected with him yet. */
  taker: Taker | undefined
  #leaving: PromiseWithResolvers<Leaving> = Promise.withResolvers()
  #hasLeft = false

  constructor(
    call: LiveCall,
    sequence: number,
    enteredAtMs: number,
    priority: number,
    data?: Readonly<Record<string, unknown>>,
  ) {
    this.call = call
    this.sequence = sequence
    this.enteredAtMs = enteredAtMs
    this.priority = priority
    this.data = data
  }

  get callId(): CallId {
    return this.call.id
  }

  /** Nobody has him yet. */
  get isOpen(): boolean {
    return !this.#hasLeft && this.call.state.at !== 'ended'
  }

  /** The first one has it. False for all others. */
  leave(how: Leaving): boolean {
    if (!this.isOpen) return false
    this.#hasLeft = true
    if (how.is === 'taken') this.taker = how.by
    this.#leaving.resolve(how)
    return true
  }

  get left(): Promise<Leaving> {
    return this.#leaving.promise
  }

  /** Whoever took him is gone before they were connected. */
  waitOn(): void {
    this.#hasLeft = false
    this.taker = undefined
    this.#leaving = Promise.withResolvers()
  }

  /** He is out of the queue: nobody can have him, and whoever was about to has not. */
  close(): void {
    this.#hasLeft = true
    this.taker?.joined.resolve(false)
  }
}
