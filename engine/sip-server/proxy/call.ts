import type { Context } from '../context.ts'
import { uriOf } from '../dialog/routing.ts'
import type { SipMessage } from '../message/message.ts'
import type { Field } from '../message/print.ts'
import { responseText } from '../message/respond.ts'
import type { ServerTransaction } from '../transaction/server.ts'
import { type Peer, targetOf } from '../transport/peer.ts'
import { isBetter } from './best.ts'
import { Branch } from './branch.ts'
import { withoutOurVia } from './forward.ts'

export interface ProxyPlan {
  readonly destinations: readonly string[]
  readonly stayInPath: boolean
  readonly followRedirects: boolean
  readonly simultaneous: boolean
  /** a serial branch without any provisional response is left after this; undefined: never */
  readonly provisionalMs: number | undefined
  readonly extra: readonly Field[]
}

/** What the one who asked for the forwarding hears. */
export interface ProxyWatcher {
  /** the final response of one branch */
  final(message: SipMessage, peer: Peer): void
  done(): void
}

const maxDestinations = 100

/** A request being forwarded statefully (RFC 3261 section 16) until it is finally answered. */
export class ProxyCall {
  readonly #context: Context
  readonly #transaction: ServerTransaction
  readonly #request: SipMessage
  readonly #plan: ProxyPlan
  readonly #watcher: ProxyWatcher
  readonly #waiting: string[]
  readonly #branches = new Set<Branch>()
  readonly #tag: string
  #tried = 0
  #best: { readonly status: number; readonly text: string } | undefined
  #state: 'searching' | 'cancelled' | 'done' = 'searching'

  constructor(
    context: Context,
    caller: { readonly transaction: ServerTransaction; readonly request: SipMessage },
    plan: ProxyPlan,
    watcher: ProxyWatcher,
  ) {
    this.#context = context
    this.#transaction = caller.transaction
    this.#request = caller.request
    this.#plan = plan
    this.#watcher = watcher
    this.#waiting = plan.destinations.slice(0, maxDestinations)
    this.#tag = context.random.token(13)
    caller.transaction.user = {
      ack: () => undefined,
      unacknowledged: () => undefined,
      cancelled: (cancel, by) => this.#cancelled(cancel, by),
    }
  }

  /** False, with a 500 to the caller, if not one destination can be reached. */
  start(): boolean {
    this.#advance()
    if (this.#tried > 0) return true
    this.#state = 'done'
    this.#answer(500)
    return false
  }

  #answer(status: number): void {
    const text = responseText(this.#request, { status, toTag: this.#tag })
    this.#transaction.respond(status, text)
  }

  /** Opens the next branch, or all; settles when none is left. */
  #advance(): void {
    while (this.#waiting.length > 0 && this.#state === 'searching') {
      const destination = this.#waiting.shift()!
      if (this.#open(destination) && !this.#plan.simultaneous) return
    }
    if (this.#tried > 0) this.#settle()
  }

  #open(destination: string): boolean {
    const { stayInPath, extra, provisionalMs, simultaneous } = this.#plan
    const from = this.#transaction.peer
    const parts = { request: this.#request, from, destination, stayInPath, extra }
    const branch = Branch.open(this.#context, this.#user, parts)
    if (branch === undefined) return false
    this.#tried++
    this.#branches.add(branch)
    branch.start()
    if (provisionalMs !== undefined && !simultaneous && this.#waiting.length > 0) {
      branch.after(provisionalMs, () => {
        if (!branch.rang) this.#leave(branch)
      })
    }
    return true
  }

  readonly #user = {
    response: (branch: Branch, message: SipMessage, peer: Peer) => {
      if (message.status < 200) this.#provisional(message)
      else if (message.status < 300) this.#accepted(branch, message, peer)
      else this.#failed(branch, message, peer)
    },
    silent: (branch: Branch, status: 408 | 503) => {
      this.#branches.delete(branch)
      if (this.#state === 'done') return
      // RFC 3261 section 16.9: a transport failure counts as 503, passed on as 500
      const shown = status === 503 ? 500 : status
      this.#note(shown, responseText(this.#request, { status: shown, toTag: this.#tag }))
      this.#advance()
    },
  }

  #provisional(message: SipMessage): void {
    if (this.#state !== 'searching') return
    this.#transaction.respond(message.status, withoutOurVia(message))
  }

  #accepted(branch: Branch, message: SipMessage, peer: Peer): void {
    this.#branches.delete(branch)
    const text = withoutOurVia(message)
    // a 2xx always goes upstream, also a repeated one or one that crossed a CANCEL (16.7 item 5)
    if (!this.#transaction.respond(message.status, text)) {
      this.#context.transports.send(targetOf(this.#transaction.peer), text, () => undefined)
    }
    if (this.#state === 'done') return
    this.#watcher.final(message, peer)
    this.#finish()
  }

  #failed(branch: Branch, message: SipMessage, peer: Peer): void {
    this.#branches.delete(branch)
    if (this.#state === 'done') return
    this.#watcher.final(message, peer)
    const { status } = message
    if (status < 400 && this.#plan.followRedirects && this.#state === 'searching') {
      for (const contact of message.list('contact')) this.#redirect(uriOf(contact))
    } else this.#note(status, withoutOurVia(message))
    if (status === 401 || status === 407 || status >= 600) this.#stopSearch()
    this.#advance()
  }

  #redirect(uri: string | undefined): void {
    if (uri === undefined || this.#tried + this.#waiting.length >= maxDestinations) return
    this.#waiting.push(uri)
  }

  #note(status: number, text: string): void {
    if (isBetter(status, this.#best?.status)) this.#best = { status, text }
  }

  #stopSearch(): void {
    this.#waiting.length = 0
    for (const branch of this.#branches) branch.cancel()
  }

  /** A branch that says nothing: it is cancelled as soon as it does, and the search goes on. */
  #leave(branch: Branch): void {
    if (this.#state !== 'searching') return
    branch.cancel()
    this.#advance()
  }

  #settle(): void {
    if (this.#branches.size > 0 || this.#state === 'done') return
    if (this.#state === 'searching') {
      const best = this.#best
      if (best === undefined) this.#answer(408)
      else this.#transaction.respond(best.status, best.text)
    }
    this.#finish()
  }

  #finish(): void {
    this.#stopSearch()
    this.#state = 'done'
    this.#watcher.done()
  }

  #cancelled(cancel: ServerTransaction, by: SipMessage): void {
    cancel.respond(200, responseText(by, { status: 200, toTag: this.#tag }))
    this.#answer(487)
    if (this.#state === 'searching') this.#state = 'cancelled'
    this.#stopSearch()
    this.#settle()
  }
}
