import type { CallId } from '../../core/ids.ts'
import { plainAddress } from '../../core/targets.ts'
import { splitList } from '../address.ts'
import type { Credentials } from '../auth/digest-answer.ts'
import { isForeignBody, sdpOf } from '../body.ts'
import { type Context, type InDialog, sdpType } from '../context.ts'
import type { RequestIn, ResponseIn } from '../link/link.ts'
import { sendInDialog } from './in-dialog.ts'
import { Renegotiation } from './renegotiation.ts'

interface Options {
  readonly callId: CallId
  readonly dialogId: string
  /** Nobody else is called at the same time. */
  readonly isAlone: boolean
  readonly isDevice: boolean
  /** An offer of his was taken. */
  renegotiated(): void
}

/** A 18x that has to be acknowledged; the server shows each once, and in order. */
export const isReliable = (response: ResponseIn): boolean =>
  response.status > 100 &&
  response.status < 200 &&
  /^\d{1,10}$/.test(response.header('rseq')?.trim() ?? '') &&
  splitList(response.header('require') ?? '').some((one) => one.toLowerCase() === '100rel')

/**
 * The dialog that a reliable 18x makes before a call of ours is answered (RFC 3262): PRACK from us, and from the
 * callee UPDATE with another offer once ours is answered (RFC 3311 section 5.2).
 */
export class EarlyCallee implements InDialog {
  readonly #ctx: Context
  readonly #options: Options
  readonly #renegotiation: Renegotiation
  #address = ''
  #agreed = false

  constructor(ctx: Context, options: Options) {
    this.#ctx = ctx
    this.#options = options
    this.#renegotiation = new Renegotiation(ctx, options.callId, () => options.renegotiated())
    ctx.legs.addDialog(options.dialogId, this)
  }

  /** Whoever gets no PRACK repeats his 18x and gives up at last: a failure is his to tell. */
  acknowledge(response: ResponseIn, credentials: Credentials | undefined): void {
    this.#address = response.address
    if (sdpOf(response) !== undefined) this.#agreed = true
    const RAck = `${response.header('rseq')?.trim()} ${response.header('cseq')?.trim()}`
    const { dialogId } = this.#options
    const prack = { dialogId, method: 'PRACK', headers: { RAck }, credentials } as const
    sendInDialog(this.#ctx, prack, (final) => {
      if (final.is === 'response' && final.response.status < 300) return
      this.#ctx.log.info('PRACK refused', { callId: this.#options.callId, final: final.is })
    })
  }

  receive(request: RequestIn): void {
    if (request.method === 'UPDATE') this.#onUpdate(request)
    else request.respond(481)
  }

  linkUp(): void {}
  /** The INVITE is cancelled, which ends this too. */
  hangUp(): void {}

  close(): void {
    this.#renegotiation.close()
    this.#ctx.legs.removeDialog(this.#options.dialogId)
  }

  #onUpdate(request: RequestIn): void {
    const { isAlone, isDevice } = this.#options
    const offers = sdpOf(request) !== undefined
    if (isForeignBody(request)) request.respond(415, { headers: { Accept: sdpType } })
    // As in a call that is up, where a phone elsewhere has to prove that it is the device.
    else if (isDevice && plainAddress(request.address) !== plainAddress(this.#address)) {
      request.respond(403)
    } else if (offers && !this.#agreed) request.respond(491)
    // Of several phones none is heard before one of them answers.
    else if (offers && !isAlone) request.respond(500, { headers: { 'Retry-After': '3' } })
    else this.#renegotiation.receive(request)
  }
}
