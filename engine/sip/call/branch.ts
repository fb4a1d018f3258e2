import type { CallId } from '../../core/ids.ts'
import type { MediaKind } from '../../core/media-way.ts'
import {
  answerChallenge,
  type Credentials,
  isChallenge,
  isStale,
  realmOf,
} from '../auth/digest-answer.ts'
import { type Context, dialogIdOf } from '../context.ts'
import type { Headers, ResponseIn, SentRequest } from '../link/link.ts'
import { Dialog } from './dialog.ts'
import { EarlyCallee, isReliable } from './early-callee.ts'
import { redirectsOf } from './redirects.ts'
import { leastSessionS, sessionAsked } from './session-timer.ts'

/** One place that an INVITE goes to. */
export interface Route {
  readonly uri: string
  readonly nextHop?: string
  /** Header Route: the proxies between us and a device (RFC 3327). */
  readonly routeSet?: string
  /** A device's contact. */
  readonly isDevice?: boolean
  /** A device's address as its REGISTER showed it. */
  readonly natAddress?: string
  /** What it speaks; undefined: no call may go there. */
  readonly media?: MediaKind | undefined
  /** Used for challenges of this place and no other. */
  readonly credentials?: Credentials | undefined
}

export interface BranchOptions {
  readonly callId: CallId
  readonly route: Route & { readonly sdp: string }
  /** From without its tag, and everything else but Call-ID and CSeq. */
  readonly from: string
  readonly headers: Headers
  /** Nobody else is called at the same time: what he says before he answers is heard. */
  readonly isAlone: boolean
  /** As in InviteRequest. */
  readonly tryingWithinMs?: number | undefined
}

/** What a branch tells its call: any number of `progress`, then one of the others, or after a cancel nothing. */
export interface BranchEvents {
  progress(response: ResponseIn): void
  /** The ACK is on its way. */
  answered(response: ResponseIn): void
  /** `redirects` as in Attempt, most wanted first. */
  failed(status: number, reason: string, silent: boolean, redirects?: readonly string[]): void
}

/** How long after CANCEL a 200 may still come: 64*T1 for the CANCEL, the same again for the INVITE. */
const cancelLingerMs = 70_000
/** One answered challenge, and another where the nonce was too old. */
const maxChallenges = 2
/** The server says at once that it has sent the INVITE; this long means that it is stuck. */
const takenWithinMs = 10_000
/** When the server's own 408 comes: after 64*T1, or a little more. */
const timerB = { fromMs: 31_000, toMs: 34_000 }

/**
 * One INVITE transaction with its repetition under credentials and its CANCEL. Whatever happens, a 200
 * is acknowledged, and one that nobody wants any more is followed by BYE.
 */
export class Branch {
  readonly sipCallId: string
  readonly dialogId: string
  readonly #ctx: Context
  readonly #options: BranchOptions
  readonly #events: BranchEvents
  /** Ours. */
  readonly tag: string
  #sent: SentRequest | undefined
  #early: EarlyCallee | undefined
  #renegotiated = false
  #attempt = 0
  #challenges = 0
  #leastSessionS: number | undefined
  /** The one in which the INVITE was challenged. */
  #realm: string | undefined
  /** Who answered the INVITE. */
  #address = ''
  #sentAtMs = 0
  #state: 'calling' | 'canceled' | 'done' = 'calling'
  #disarm = (): void => {}
  #disarmTrying = (): void => {}
  #cancelReason: string | undefined
  /** Nothing has come from the other side. */
  #silent = true

  constructor(ctx: Context, options: BranchOptions, events: BranchEvents) {
    this.#ctx = ctx
    this.#options = options
    this.#events = events
    this.sipCallId = ctx.uuid()
    this.tag = ctx.uuid().slice(0, 13)
    this.dialogId = dialogIdOf(this.sipCallId, this.tag)
    ctx.claims?.claim(options.callId, { sipCallId: this.sipCallId, tag: this.tag, by: 'us' })
  }

  /** What the other side said that its sessions have to last, in seconds. */
  get leastSessionS(): number | undefined {
    return this.#leastSessionS
  }

  /** The callee made another offer before he answered, which was taken: the SDP of his 200 is old. */
  get renegotiated(): boolean {
    return this.#renegotiated
  }

  /**
   * For the requests that follow in the dialog, which go where the other side says. Whoever challenges those
   * learns nothing that a password could be guessed from, unless he is who answered the INVITE and names
   * the realm that the trunk was given, else the one that challenged the INVITE, else one that the trunk
   * has taken these credentials in before.
   */
  get credentials(): Credentials | undefined {
    const { credentials } = this.#options.route
    if (!credentials) return undefined
    const realm = credentials.realm ?? this.#realm ?? this.#ctx.realms.of(credentials)
    return realm === undefined ? undefined : { ...credentials, realm, address: this.#address }
  }

  start(): void {
    const { tryingWithinMs } = this.#options
    if (tryingWithinMs !== undefined) {
      this.#disarmTrying = this.#ctx.clock.after(tryingWithinMs, () =>
        this.#onStuck(408, 'Silence'),
      )
    }
    this.#send({})
  }

  /**
   * Idempotent. Before the server has taken the INVITE the CANCEL waits for that. `reason` tells the phone
   * why, as a value of the header Reason (RFC 3326).
   */
  cancel(reason?: string): void {
    if (this.#state !== 'calling') return
    this.#state = 'canceled'
    this.#cancelReason = reason
    this.#disarm()
    this.#disarmTrying()
    this.#disarm = this.#ctx.clock.after(cancelLingerMs, () => {
      this.#state = 'done'
      this.#leaveEarly()
      this.#sent?.forget()
    })
    this.#sent?.cancel(reason)
  }

  #send(extra: Headers): void {
    this.#attempt++
    this.#leaveEarly()
    this.#sentAtMs = this.#ctx.clock.monotonicMs()
    this.#disarm = this.#ctx.clock.after(takenWithinMs, () =>
      this.#onStuck(503, 'The SIP server does not answer'),
    )
    const { route, from, headers } = this.#options
    this.#sent = undefined
    this.#ctx.link.request(
      {
        method: 'INVITE',
        uri: route.uri,
        ...(route.nextHop === undefined ? {} : { nextHop: route.nextHop }),
        headers: {
          ...headers,
          ...(route.routeSet === undefined ? {} : { Route: route.routeSet }),
          From: `${from};tag=${this.tag}`,
          'Call-ID': this.sipCallId,
          CSeq: `${this.#attempt} INVITE`,
          ...sessionAsked(this.#leastSessionS),
          ...extra,
        },
        body: route.sdp,
      },
      {
        sent: (request) => this.#onSent(request),
        response: (response) => this.#onResponse(response),
        failed: (why) => this.#fail(503, why.reason),
      },
    )
  }

  #onSent(request: SentRequest): void {
    if (this.#state === 'done') {
      request.cancel()
      request.forget()
      return
    }
    if (this.#state === 'calling') this.#disarm()
    this.#sent = request
    if (this.#state === 'canceled') request.cancel(this.#cancelReason)
  }

  /** Whatever the server still makes of it is treated like the rest of a cancelled call. */
  #onStuck(status: number, reason: string): void {
    this.cancel()
    this.#events.failed(status, reason, true)
  }

  #onResponse(response: ResponseIn): void {
    if (!this.#isOwnTimeout(response)) this.#heard()
    if (response.status < 200) {
      if (isReliable(response)) this.#acknowledge(response)
      if (this.#state === 'calling') this.#events.progress(response)
    } else if (response.status < 300) this.#onAnswer(response)
    else if (!this.#repeat(response) && !this.#lengthen(response)) {
      const redirects = this.#options.route.isDevice ? redirectsOf(response, this.#ctx) : undefined
      this.#fail(this.#statusOf(response), response.reason, redirects)
    }
  }

  #acknowledge(response: ResponseIn): void {
    const { callId, isAlone, route } = this.#options
    this.#address = response.address
    this.#early ??= new EarlyCallee(this.#ctx, {
      ...{ callId, isAlone, dialogId: this.dialogId, isDevice: route.isDevice ?? false },
      renegotiated: () => {
        this.#renegotiated = true
      },
    })
    this.#early.acknowledge(response, this.credentials)
  }

  #leaveEarly(): void {
    this.#early?.close()
    this.#early = undefined
  }

  /**
   * The server's word for a phone whose connection is closed (410, in RFC 5626 430) says nothing of
   * the person's number: the phone is away.
   */
  #statusOf({ status }: ResponseIn): number {
    const { isDevice } = this.#options.route
    return isDevice === true && (status === 410 || status === 430) ? 480 : status
  }

  /**
   * A timeout of the server itself looks like a response. Where 100 is not shown somebody who had sent one
   * may time out too, but hardly at that moment.
   */
  #isOwnTimeout({ status }: ResponseIn): boolean {
    if (status !== 408 || this.#ctx.seesTrying) return status === 408
    const tookMs = this.#ctx.clock.monotonicMs() - this.#sentAtMs
    return tookMs >= timerB.fromMs && tookMs <= timerB.toMs
  }

  #heard(): void {
    this.#silent = false
    this.#disarmTrying()
  }

  #onAnswer(response: ResponseIn): void {
    response.ack()
    this.#address = response.address
    const { credentials } = this.#options.route
    if (credentials && this.#realm !== undefined) {
      this.#ctx.realms.took(credentials, this.#realm, 'INVITE')
    }
    const wanted = this.#state === 'calling'
    this.#end()
    if (wanted) this.#events.answered(response)
    else this.hangUpUnwanted()
  }

  /** For a 200 that crossed the CANCEL, lost against another branch, or brought nothing usable. */
  hangUpUnwanted(): void {
    new Dialog(this.#ctx, {
      callId: this.#options.callId,
      dialogId: this.dialogId,
      acknowledged: true,
      lateOffer: false,
      ours: true,
      remoteTag: '',
      credentials: this.credentials,
      over: () => {},
      remoteHangup: () => {},
    }).hangUp()
  }

  /** Sends the INVITE again with credentials, if it was challenged and we have the right ones. */
  #repeat(response: ResponseIn): boolean {
    const { credentials } = this.#options.route
    if (this.#state !== 'calling' || !credentials || !isChallenge(response)) return false
    if (this.#challenges >= maxChallenges) return false
    if (this.#challenges > 0 && !isStale(response)) return false
    const uri = this.#sent?.uri ?? this.#options.route.uri
    const request = { method: 'INVITE', uri, cnonce: this.#ctx.uuid() }
    const answer = answerChallenge(response, request, credentials)
    if (!answer) return false
    this.#challenges++
    this.#realm = realmOf(answer)
    this.#send(answer)
    return true
  }

  /** The other side wants longer sessions (422): asks once more, and may be challenged for that anew. */
  #lengthen(response: ResponseIn): boolean {
    const leastS = leastSessionS(response)
    if (this.#state !== 'calling' || this.#leastSessionS !== undefined) return false
    if (leastS === undefined) return false
    this.#leastSessionS = leastS
    this.#challenges = 0
    this.#send({})
    return true
  }

  #fail(status: number, reason: string, redirects?: readonly string[]): void {
    const wanted = this.#state === 'calling'
    this.#end()
    if (wanted) this.#events.failed(status, reason, this.#silent, redirects)
  }

  #end(): void {
    this.#state = 'done'
    this.#leaveEarly()
    this.#disarm()
    this.#disarmTrying()
  }
}
