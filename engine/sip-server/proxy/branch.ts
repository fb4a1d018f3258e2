import type { Context } from '../context.ts'
import { Attempts } from '../dialog/attempts.ts'
import { cancelOf } from '../dialog/cancel-request.ts'
import { pinned } from '../dialog/launch.ts'
import { targetOfUri, uriOf } from '../dialog/routing.ts'
import type { SipMessage } from '../message/message.ts'
import { type Field, printMessage } from '../message/print.ts'
import { giveUpMs } from '../timing.ts'
import type { ClientRequest } from '../transaction/client.ts'
import type { Peer, Target } from '../transport/peer.ts'
import { forwardDraft, namesUs } from './forward.ts'

export interface BranchUser {
  /** a provisional response above 100, a 2xx (again, maybe), or the final response */
  response(branch: Branch, message: SipMessage, peer: Peer): void
  /** no final response came */
  silent(branch: Branch, status: 408 | 503): void
}

export interface BranchParts {
  readonly request: SipMessage
  readonly from: Peer
  readonly destination: string
  readonly stayInPath: boolean
  readonly extra: readonly Field[]
}

interface Start {
  readonly request: SipMessage
  readonly target: Target
}

/** One way on which a request is tried. */
export class Branch {
  readonly #context: Context
  readonly #user: BranchUser
  readonly #method: string
  readonly #callId: string
  readonly #target: Target
  readonly #build: (target: Target) => ClientRequest
  readonly #timers = new Set<() => void>()
  #request: ClientRequest | undefined
  #transaction: Attempts | undefined
  #rang = false
  #cancel: 'none' | 'wanted' | 'sent' = 'none'
  #state: 'open' | 'done' = 'open'

  private constructor(
    context: Context,
    user: BranchUser,
    { request: { method, callId }, target }: Start,
    build: (target: Target) => ClientRequest,
  ) {
    this.#context = context
    this.#user = user
    this.#method = method
    this.#callId = callId
    this.#target = target
    this.#build = build
  }

  /** Undefined if there is no way to that destination. */
  static open(context: Context, user: BranchUser, parts: BranchParts): Branch | undefined {
    const { request, from, destination, stayInPath, extra } = parts
    const routes = request.list('route').filter((route) => !namesUs(context, uriOf(route)))
    const hop = uriOf(routes[0]) ?? destination
    // a contact that registered on a connection is reached on it, a browser in no other way
    const wanted = context.registered.find(hop) ?? targetOfUri(hop, context.transports)
    if (wanted === undefined) return undefined
    const { method } = request
    const build = (target: Target): ClientRequest => {
      const branch = `z9hG4bK${context.random.token(16)}`
      const given = { destination, target, branch, stayInPath, extra, from }
      const draft = forwardDraft(context, request, given)
      return { method, branch, draft, text: printMessage(draft), target: pinned(target) }
    }
    return new Branch(context, user, { request, target: wanted }, build)
  }

  get done(): boolean {
    return this.#state === 'done'
  }
  get rang(): boolean {
    return this.#rang
  }

  start(): void {
    this.#context.transports.names.ways(this.#target, this.#callId, (ways) => {
      if (this.done) return
      // cancelled before anybody was asked
      if (this.#cancel === 'none') this.#send(ways)
      else this.#silent(408)
    })
  }

  #send([first = this.#target, ...others]: readonly Target[]): void {
    const request = this.#build(first)
    this.#request = request
    const plan = { first: request, others, build: this.#build }
    this.#transaction = new Attempts(this.#context, plan, {
      response: (message, peer) => this.#respond(message, peer),
      over: (why) => this.#silent(why === 'timeout' ? 408 : 503),
      again: (next) => {
        this.#request = next
        this.#rang = false
      },
      late: (_request, accepted, peer) => {
        // who is being asked now must not go on ringing
        this.cancel()
        this.#user.response(this, accepted, peer)
      },
    })
    this.#transaction.start()
  }

  /** Runs `fn` after a while unless the branch has ended by then. */
  after(delayMs: number, fn: () => void): void {
    const cancel = this.#context.clock.after(delayMs, () => {
      this.#timers.delete(cancel)
      if (!this.done) fn()
    })
    this.#timers.add(cancel)
  }

  /** Cancels once something provisional has come (RFC 3261 section 9.1). */
  cancel(): void {
    if (this.done || this.#cancel !== 'none' || this.#method !== 'INVITE') return
    this.#cancel = 'wanted'
    this.#transaction?.stay()
    if (this.#rang) this.#sendCancel()
  }

  #respond(message: SipMessage, peer: Peer): void {
    if (message.status < 200) this.#provisional()
    else if (!this.done) this.#end()
    if (message.status > 100) this.#user.response(this, message, peer)
  }

  #provisional(): void {
    const first = !this.#rang
    this.#rang = true
    if (this.#cancel === 'wanted') this.#sendCancel()
    else if (first) this.after(this.#context.timing.timerCMs, () => this.cancel())
  }

  #silent(status: 408 | 503): void {
    if (this.done) return
    this.#end()
    // never within the call that started it
    this.#context.clock.after(0, () => this.#user.silent(this, status))
  }

  #end(): void {
    this.#state = 'done'
    for (const cancel of this.#timers) cancel()
    this.#timers.clear()
  }

  #sendCancel(): void {
    if (this.#cancel === 'sent' || this.#request === undefined) return
    this.#cancel = 'sent'
    const cancel = cancelOf(this.#request)
    this.#context.transactions.send(cancel, { response: () => undefined, over: () => undefined })
    this.after(giveUpMs(this.#context.timing), () => this.#transaction?.giveUp())
  }
}
