import { Failure } from '../../core/failures.ts'
import type { CallId } from '../../core/ids.ts'
import { sdpOf } from '../body.ts'
import { type Context, sdpType } from '../context.ts'
import type { RequestIn } from '../link/link.ts'
import { sessionGranted } from './session-timer.ts'
import { warningOf } from './warning.ts'

/** The application has this long to answer an offer; an UPDATE must be answered promptly (RFC 3311). */
const answerWithinMs = 10_000
/** 64*T1: after that no ACK comes. */
const ackWithinMs = 32_000

/**
 * Offers inside a dialog, one at a time (RFC 3261 section 14.2, RFC 3311 section 5.2): while theirs is
 * unanswered another gets 500 with Retry-After, while ours is unanswered it gets 491.
 */
export class Renegotiation {
  readonly #ctx: Context
  readonly #callId: CallId
  readonly #agreed: () => void
  /** `ours` went out in a 200, and the ACK brings the answer; `reinvite`: in a request of ours. */
  #offer: 'none' | 'theirs' | 'ours' | 'reinvite' = 'none'
  #disarm = (): void => {}
  #pending: RequestIn | undefined
  #closed = false

  /** `agreed`: an offer of theirs was taken. */
  constructor(ctx: Context, callId: CallId, agreed: () => void = () => {}) {
    this.#agreed = agreed
    this.#ctx = ctx
    this.#callId = callId
  }

  receive(request: RequestIn): void {
    const sdp = sdpOf(request)
    if (request.method === 'UPDATE' && sdp === undefined) {
      // A session refresh (RFC 4028): nothing changes. It may come at any time.
      request.respond(200, { headers: sessionGranted(request) })
    } else if (this.#offer === 'ours' || this.#offer === 'reinvite') request.respond(491)
    else if (this.#offer === 'theirs') request.respond(500, { headers: { 'Retry-After': '3' } })
    else this.#ask(request, sdp)
  }

  /** An ACK came inside the dialog, with the answer to our offer if there was one. */
  acknowledged(sdp: string | undefined): void {
    if (this.#offer !== 'ours') return
    this.#settle()
    if (sdp !== undefined) this.#ctx.events.lateAnswer(this.#callId, sdp)
  }

  /** For an offer of ours; false while there is another. */
  claim(): boolean {
    if (this.#offer !== 'none' || this.#closed) return false
    this.#offer = 'reinvite'
    return true
  }

  /** Ours is answered, or refused. */
  release(): void {
    if (this.#offer === 'reinvite') this.#offer = 'none'
  }

  /** The dialog is over; what is still unanswered is answered, or the library would keep it for ever. */
  close(): void {
    this.#closed = true
    this.#pending?.respond(487)
    this.#settle()
  }

  #ask(request: RequestIn, sdp: string | undefined): void {
    this.#offer = 'theirs'
    this.#pending = request
    let open = true
    const end = (run: () => void): void => {
      if (!open || this.#closed) return
      open = false
      this.#settle()
      run()
    }
    this.#disarm = this.#ctx.clock.after(answerWithinMs, () => end(() => request.respond(500)))
    request.onCancel(() => end(() => {}))
    const protocol = request.protocol.toLowerCase()
    this.#ctx.events.renegotiate(this.#callId, sdp, protocol).then(
      (answer) =>
        end(() => {
          if (sdp === undefined) this.#awaitAnswer()
          else this.#agreed()
          const headers = { 'Content-Type': sdpType, ...sessionGranted(request) }
          request.respond(200, { headers, body: answer })
        }),
      (error: unknown) =>
        end(() => {
          this.#ctx.log.info('re-offer refused', { callId: this.#callId, error: String(error) })
          const why =
            error instanceof Failure ? [{ headers: warningOf(this.#ctx, error.message) }] : []
          request.respond(488, ...why)
        }),
    )
  }

  #awaitAnswer(): void {
    this.#offer = 'ours'
    this.#disarm = this.#ctx.clock.after(ackWithinMs, () => this.#settle())
  }

  #settle(): void {
    this.#disarm()
    this.#disarm = () => {}
    this.#pending = undefined
    this.#offer = 'none'
  }
}
