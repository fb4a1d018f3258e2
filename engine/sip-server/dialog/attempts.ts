import type { Context } from '../context.ts'
import type { SipMessage } from '../message/message.ts'
import { decimal } from '../message/text.ts'
import { giveUpMs } from '../timing.ts'
import type { ClientRequest, ClientTransaction, ClientUser } from '../transaction/client.ts'
import type { Peer, SendFailure, Target } from '../transport/peer.ts'
import { cancelOf } from './cancel-request.ts'

export interface AttemptsUser extends ClientUser {
  /** the request is now this one, at another place: what came so far is void */
  again(request: ClientRequest): void
  /** an INVITE that was left for another place is accepted there all the same */
  late(request: ClientRequest, accepted: SipMessage, peer: Peer): void
}

export interface Plan {
  readonly first: ClientRequest
  /** further places of the same name */
  readonly others: readonly Target[]
  /** the request for another of them, with a branch of its own */
  build(target: Target): ClientRequest
}

interface Attempt {
  readonly request: ClientRequest
  transaction: ClientTransaction | undefined
  readonly startedAtMs: number
  heard: boolean
  left: boolean
  cancelled: boolean
  /** ends what only matters while nothing has come */
  calm(): void
}

/** How long a 503 wants us away; undefined if it does not say. */
const retryAfterMs = (message: SipMessage): number | undefined => {
  const seconds = decimal(/^\d{1,7}/.exec(message.header('retry-after') ?? '')?.[0] ?? '')
  return seconds === undefined || seconds === 0 ? undefined : seconds * 1000
}

const unused = (): void => undefined

/**
 * Whose silence is a sign, and which may reach two servers: an INVITE is owed a 100 within 200 ms (RFC
 * 3261 section 17.2.1), the others do no harm twice. A MESSAGE that came twice would be read twice, a
 * SUBSCRIBE told twice; and nobody owes them a word before the answer (RFC 4320).
 */
const mayBeAskedTwice: ReadonlySet<string> = new Set(['INVITE', 'OPTIONS', 'REGISTER', 'BYE'])

/**
 * One request, tried at one place of a name after another until somebody answers: after a 503, a failed
 * transport, a closed port, a transaction that timed out, or, where that is safe, silence for a while (RFC
 * 3263 section 4.3). Whoever speaks first of those that were silent has it; the user hears of that one as
 * if there had been no others.
 */
export class Attempts {
  readonly #context: Context
  readonly #user: AttemptsUser
  readonly #plan: Plan
  #others: readonly Target[]
  #current: Attempt | undefined
  /** the user has heard more than 100: it is too late to go elsewhere */
  #shown = false
  /** nor back to a place that was left */
  #stays = false

  constructor(context: Context, plan: Plan, user: AttemptsUser) {
    this.#context = context
    this.#plan = plan
    this.#user = user
    this.#others = plan.others
  }

  /** The first message is on its way when this returns. */
  start(): void {
    this.#try(this.#plan.first)
  }

  /** No other place is tried any more. */
  stay(): void {
    this.#stays = true
    this.#others = []
    this.#current?.calm()
  }

  /** Nobody is asked any more who has not heard of it yet; responses are taken as before. */
  hush(): void {
    this.stay()
    const { clock, timing } = this.#context
    const attempt = this.#current
    attempt?.transaction?.hush()
    if (attempt === undefined || attempt.heard) return
    // whoever gives up after a while of silence has found out something about this place
    if (clock.nowMs() - attempt.startedAtMs >= timing.nextPlaceMs) this.#failed(attempt)
  }

  /** Ends an INVITE that was cancelled and never finally answered; reports `timeout`. */
  giveUp(): void {
    this.#current?.transaction?.giveUp()
  }

  #try(request: ClientRequest): void {
    const { clock, transactions } = this.#context
    const attempt: Attempt = {
      ...{ request, transaction: undefined, startedAtMs: clock.nowMs() },
      ...{ heard: false, left: false, cancelled: false, calm: unused },
    }
    this.#current = attempt
    if (this.#others.length > 0) this.#watch(attempt)
    attempt.transaction = transactions.send(request, {
      response: (message, peer) => this.#response(attempt, message, peer),
      over: (why) => this.#over(attempt, why),
    })
  }

  /** Silence: left after a while, or at once when a port turns out to be closed. */
  #watch(attempt: Attempt): void {
    const { clock, timing, transports, contain } = this.#context
    const { target, method } = attempt.request
    const leave = (): void => this.#leave(attempt)
    let stopProbe = unused
    const stops = [() => stopProbe()]
    if (mayBeAskedTwice.has(method)) stops.push(clock.after(timing.nextPlaceMs, leave))
    if (target.protocol === 'udp') {
      const ask = (): void => {
        stopProbe = transports.probe(target, () => contain(leave))
      }
      stops.push(clock.after(timing.t1Ms, ask))
    }
    attempt.calm = () => {
      attempt.calm = unused
      for (const stop of stops) stop()
    }
  }

  #leave(attempt: Attempt): void {
    if (attempt !== this.#current || attempt.heard || this.#others.length === 0) return
    attempt.left = true
    attempt.transaction?.hush()
    this.#failed(attempt)
    this.#next()
  }

  #failed(attempt: Attempt, forMs?: number): void {
    attempt.calm()
    this.#context.transports.names.failed(attempt.request.target, forMs)
  }

  #next(): void {
    const [target, ...others] = this.#others
    if (target === undefined) return
    this.#others = others
    const request = this.#plan.build(target)
    this.#user.again(request)
    this.#try(request)
  }

  #response(attempt: Attempt, message: SipMessage, peer: Peer): void {
    if (attempt.left) {
      this.#late(attempt, message, peer)
      return
    }
    attempt.heard = true
    attempt.calm()
    if (message.status === 503 && this.#others.length > 0 && !this.#shown) {
      attempt.left = true
      this.#failed(attempt, retryAfterMs(message))
      this.#next()
      return
    }
    if (message.status > 100) this.#shown = true
    if (message.status === 503) this.#failed(attempt, retryAfterMs(message))
    else this.#context.transports.names.answered(attempt.request.target)
    if (message.status === 401 || message.status === 407)
      this.#context.transports.names.challenged(message.callId, attempt.request.target)
    this.#user.response(message, peer)
  }

  #over(attempt: Attempt, why: 'timeout' | SendFailure): void {
    attempt.calm()
    const { transports } = this.#context
    if (why === 'timeout') transports.unanswered(attempt.request.target, attempt.startedAtMs)
    if (attempt.left) return
    // what never got off this machine says nothing about the other side
    if (why === 'timeout' || why === 'unreachable') this.#failed(attempt)
    const isTheirs = why !== 'closed' && why !== 'tooLarge'
    if (isTheirs && this.#others.length > 0 && !this.#shown) this.#next()
    else this.#user.over(why)
  }

  /** From a place that was left. Another request than INVITE may be answered by whoever is first. */
  #late(attempt: Attempt, message: SipMessage, peer: Peer): void {
    const { request } = attempt
    const isFirstWord = this.#current?.heard === false && !this.#stays && message.status !== 503
    if (isFirstWord) {
      this.#goBack(attempt)
      this.#response(attempt, message, peer)
    } else if (request.method !== 'INVITE') {
      if (message.status >= 200 && message.status !== 503) {
        this.#others = []
        this.#current?.calm()
        this.#user.response(message, peer)
      }
    } else if (message.status < 200) this.#cancel(attempt)
    else if (message.status < 300) this.#user.late(request, message, peer)
  }

  /** A slow place is better than the next one, of which nothing has been heard either. */
  #goBack(attempt: Attempt): void {
    const silent = this.#current
    silent?.calm()
    silent?.transaction?.hush()
    if (silent !== undefined) silent.left = true
    attempt.left = false
    this.#current = attempt
    this.#user.again(attempt.request)
  }

  #cancel(attempt: Attempt): void {
    if (attempt.cancelled) return
    attempt.cancelled = true
    const { transactions, clock, timing } = this.#context
    transactions.send(cancelOf(attempt.request), { response: unused, over: unused })
    clock.after(giveUpMs(timing), () => attempt.transaction?.giveUp())
  }
}
