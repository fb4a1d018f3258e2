import type { Context } from '../context.ts'
import { pinned } from '../dialog/launch.ts'
import { targetOfUri, uriOf } from '../dialog/routing.ts'
import type { SipMessage } from '../message/message.ts'
import { type Field, printMessage } from '../message/print.ts'
import { giveUpMs } from '../timing.ts'
import type { ClientRequest, ClientTransaction } from '../transaction/client.ts'
import type { Peer } from '../transport/peer.ts'
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

const copied = new Set(['Via', 'Route', 'Max-Forwards', 'From', 'To', 'Call-ID'])

/** One way on which a request is tried. */
export class Branch {
  readonly #context: Context
  readonly #user: BranchUser
  readonly #request: ClientRequest
  readonly #timers = new Set<() => void>()
  #transaction: ClientTransaction | undefined
  #rang = false
  #cancel: 'none' | 'wanted' | 'sent' = 'none'
  #state: 'open' | 'done' = 'open'

  private constructor(context: Context, user: BranchUser, request: ClientRequest) {
    this.#context = context
    this.#user = user
    this.#request = request
  }

  /** Undefined if there is no way to that destination. */
  static open(context: Context, user: BranchUser, parts: BranchParts): Branch | undefined {
    const { request, from, destination, stayInPath, extra } = parts
    const routes = request.list('route').filter((route) => !namesUs(context, uriOf(route)))
    const hop = uriOf(routes[0]) ?? destination
    // a contact that registered on a connection is reached on it, a browser in no other way
    const target = context.registered.find(hop) ?? targetOfUri(hop, context.transports)
    if (target === undefined) return undefined
    const branch = `z9hG4bK${context.random.token(16)}`
    const given = { destination, target, branch, stayInPath, extra, from }
    const draft = forwardDraft(context, request, given)
    const { method } = request
    return new Branch(context, user, {
      method,
      branch,
      draft,
      text: printMessage(draft),
      target: pinned(target),
    })
  }

  get done(): boolean {
    return this.#state === 'done'
  }
  get rang(): boolean {
    return this.#rang
  }

  start(): void {
    this.#transaction = this.#context.transactions.send(this.#request, {
      response: (message, peer) => this.#respond(message, peer),
      over: (why) => this.#silent(why === 'timeout' ? 408 : 503),
    })
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
    if (this.done || this.#cancel !== 'none' || this.#request.method !== 'INVITE') return
    this.#cancel = 'wanted'
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
    if (this.#cancel === 'sent') return
    this.#cancel = 'sent'
    const { draft } = this.#request
    const seq = draft.fields.find(([name]) => name === 'CSeq')?.[1].split(' ', 1)[0] ?? '1'
    const fields: Field[] = draft.fields.filter(([name]) => copied.has(name))
    // only our own Via goes into a CANCEL
    const kept = fields.filter(([name], index) => name !== 'Via' || index === 0)
    kept.push(['CSeq', `${seq} CANCEL`])
    const start = draft.start.replace(/^INVITE /, 'CANCEL ')
    const cancel = { start, fields: kept, body: '' }
    const request = {
      ...this.#request,
      method: 'CANCEL',
      draft: cancel,
      text: printMessage(cancel),
    }
    this.#context.transactions.send(request, { response: () => undefined, over: () => undefined })
    this.after(giveUpMs(this.#context.timing), () => this.#transaction?.giveUp())
  }
}
