import { Failure } from '../../core/failures.ts'
import type { CallId } from '../../core/ids.ts'
import type { ReferTarget } from '../../core/ports/sip.ts'
import { encodeUser } from '../address.ts'
import type { Credentials } from '../auth/digest-answer.ts'
import { type Final, sendInDialog } from '../call/in-dialog.ts'
import type { Context } from '../context.ts'
import type { RequestIn } from '../link/link.ts'
import { sipfragStatus } from './sipfrag.ts'

export interface ReferOutOptions {
  readonly callId: CallId
  readonly dialogId: string
  readonly credentials: Credentials | undefined
  /** Host at which the phone reaches those whom we know by name or number. */
  readonly host: string
}

/** A phone that tells nothing for so long is not waited for. */
const quietMs = 90_000

/** A REFER of ours (RFC 3515), one at a time, and what the phone tells of it. */
export class ReferOut {
  readonly #ctx: Context
  readonly #options: ReferOutOptions
  #state: 'idle' | 'asked' | 'told' = 'idle'
  #disarm = (): void => {}

  constructor(ctx: Context, options: ReferOutOptions) {
    this.#ctx = ctx
    this.#options = options
  }

  /** Failures `call_busy` (another one is under way), `call_failed` (the phone is not willing). */
  send(target: ReferTarget): Promise<void> {
    if (this.#state !== 'idle') {
      return Promise.reject(new Failure('call_busy', 'the phone is being transferred already'))
    }
    this.#state = 'asked'
    const { dialogId, credentials } = this.#options
    const headers = {
      'Refer-To': `<${this.#uriOf(target)}>`,
      'Referred-By': `<sip:${this.#ctx.publicAddress}>`,
    }
    return new Promise((resolve, reject) => {
      sendInDialog(this.#ctx, { dialogId, method: 'REFER', headers, credentials }, (final) => {
        const refusal = refusalIn(final)
        if (refusal === undefined) {
          resolve()
          this.#accepted(final)
          return
        }
        this.#stop()
        reject(refusal)
      })
    })
  }

  /** A NOTIFY of the dialog; false when it is not about a REFER of ours. */
  receive(request: RequestIn): boolean {
    if (!/^\s*refer\s*(?:;|$)/i.test(request.header('event') ?? '')) return false
    if (this.#state === 'idle') {
      request.respond(481)
      return true
    }
    const sipStatus = sipfragStatus(request.body)
    if (sipStatus === undefined) {
      request.respond(400)
      return true
    }
    request.respond(200)
    const over = /^\s*terminated\b/i.test(request.header('subscription-state') ?? '')
    this.#tell(sipStatus, over || sipStatus >= 200)
    return true
  }

  /** The dialog is over: nothing more will be heard. */
  close(): void {
    if (this.#state !== 'idle') this.#tell(408, true)
  }

  #accepted(final: Final): void {
    if (this.#state !== 'asked') return
    this.#state = 'told'
    const silent =
      final.is === 'response' && /^\s*false\b/i.test(final.response.header('refer-sub') ?? '')
    if (silent) this.#tell(202, true)
    else this.#arm()
  }

  #tell(sipStatus: number, final: boolean): void {
    if (final) this.#stop()
    else this.#arm()
    this.#ctx.events.referProgress(this.#options.callId, sipStatus, final)
  }

  #arm(): void {
    this.#disarm()
    this.#disarm = this.#ctx.clock.after(quietMs, () => this.#tell(408, true))
  }

  #stop(): void {
    this.#disarm()
    this.#disarm = () => {}
    this.#state = 'idle'
  }

  #uriOf(target: ReferTarget): string {
    if (target.kind === 'uri') return target.uri
    return `sip:${encodeUser(target.name)}@${this.#options.host}`
  }
}

function refusalIn(final: Final): Failure | undefined {
  if (final.is === 'failed') {
    const code = final.why.is === 'dialogGone' ? 'call_ended' : 'call_failed'
    return new Failure(code, `not sent: ${final.why.reason}`)
  }
  const { status, reason } = final.response
  if (status < 300) return undefined
  return new Failure('call_failed', `the phone refuses: ${status} ${reason}`)
}
