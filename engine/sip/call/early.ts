import type { CallId } from '../../core/ids.ts'
import { splitList } from '../address.ts'
import { sdpOf } from '../body.ts'
import type { Context } from '../context.ts'
import type { RequestIn } from '../link/link.ts'
import { Renegotiation } from './renegotiation.ts'

/**
 * What comes inside a dialog whose INVITE is not answered yet: PRACK for a 18x that we sent reliably
 * (RFC 3262), which we do for those who require it, and UPDATE with another offer once that is agreed
 * (RFC 3311 section 5.1).
 */
export class EarlyDialog {
  /** The caller wants our 18x to be acknowledged. */
  readonly reliable: boolean
  readonly #renegotiation: Renegotiation
  #sdp: 'none' | 'sent' | 'agreed' = 'none'

  constructor(ctx: Context, callId: CallId, invite: RequestIn) {
    const required = splitList(invite.header('require') ?? '')
    this.reliable = required.some((option) => option.toLowerCase() === '100rel')
    this.#renegotiation = new Renegotiation(ctx, callId)
  }

  /** Our SDP went out in a 18x. */
  answered(): void {
    if (this.#sdp === 'none') this.#sdp = 'sent'
  }

  /** False when it is not for us. */
  receive(request: RequestIn): boolean {
    if (request.method === 'PRACK') this.#onPrack(request)
    else if (request.method !== 'UPDATE') return false
    else if (sdpOf(request) === undefined || this.#sdp === 'agreed') {
      this.#renegotiation.receive(request)
    } else request.respond(500, { headers: { 'Retry-After': '3' } })
    return true
  }

  close(): void {
    this.#renegotiation.close()
  }

  /** An offer in it could be answered in its 200 alone, and nobody is known to make one. */
  #onPrack(request: RequestIn): void {
    if (this.#sdp === 'sent' && this.reliable) this.#sdp = 'agreed'
    request.respond(sdpOf(request) === undefined ? 200 : 488)
  }
}
