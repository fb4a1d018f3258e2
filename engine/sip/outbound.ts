import type { CallId } from '../core/ids.ts'
import type { Attempt, InviteRequest } from '../core/ports/sip.ts'
import { sdpOf } from './body.ts'
import { Branch, type Route } from './branch.ts'
import type { Context, Leg } from './context.ts'
import { Dialog } from './dialog.ts'
import { inviteFrom, inviteHeaders } from './invite-headers.ts'
import type { ResponseIn } from './link.ts'

interface Failure {
  readonly status: number
  readonly reason: string
  readonly attempt: Attempt
}

/**
 * A call that we make, to one place or to several at once: the first 200 wins. It ends in exactly one of
 * `answered` or `rejected`; after `cancel` it says nothing any more.
 */
export class OutboundLeg implements Leg {
  readonly callId: CallId
  readonly #ctx: Context
  readonly #branches = new Map<Branch, Route>()
  readonly #failures: Failure[] = []
  /** The answer in an unreliable 18x, for a peer that leaves it out of its 200. */
  readonly #earlySdp = new Map<Branch, string>()
  #open: number
  #state: 'calling' | 'up' | 'over' = 'calling'
  #dialog: Dialog | undefined

  constructor(ctx: Context, callId: CallId, request: InviteRequest, routes: readonly Route[]) {
    this.#ctx = ctx
    this.callId = callId
    this.#open = routes.length
    const shared = {
      callId,
      from: inviteFrom(request, ctx.publicAddress),
      headers: inviteHeaders(request, ctx.publicAddress),
      sdp: request.sdp,
      tryingWithinMs: ctx.seesTrying ? request.tryingWithinMs : undefined,
    }
    for (const route of routes) {
      const branch: Branch = new Branch(
        ctx,
        { ...shared, route },
        {
          progress: (response) => this.#onProgress(branch, response),
          answered: (response) => this.#onAnswered(branch, response),
          failed: (status, reason, silent) =>
            this.#onFailed({ status, reason, attempt: { sipCallId: branch.sipCallId, silent } }),
        },
      )
      this.#branches.set(branch, route)
    }
    ctx.legs.add(this)
  }

  start(): void {
    for (const branch of this.#branches.keys()) branch.start()
  }

  cancel(): void {
    if (this.#state === 'up') this.bye()
    else this.#over(() => this.#cancelBranches())
  }

  bye(): void {
    if (this.#state === 'calling') this.cancel()
    else this.#dialog?.hangUp()
  }

  progress(): void {
    this.#ctx.counts.commandsIgnored++
  }
  accept(): void {
    this.#ctx.counts.commandsIgnored++
  }
  reject(): void {
    this.bye()
  }
  /** The link itself fails every INVITE that waits; an answered call lives on. */
  linkDown(): void {}

  #onProgress(branch: Branch, response: ResponseIn): void {
    if (this.#state !== 'calling' || response.status < 180 || response.status === 199) return
    const sdp = sdpOf(response)
    if (sdp !== undefined) this.#earlySdp.set(branch, sdp)
    // Early media of several phones at once could not be told apart: the caller hears ringback.
    const audible = this.#branches.size === 1 ? sdp : undefined
    this.#ctx.events.progress(this.callId, response.status, audible)
  }

  #onAnswered(branch: Branch, response: ResponseIn): void {
    if (this.#state !== 'calling') {
      branch.hangUpUnwanted()
      return
    }
    const sdp = sdpOf(response) ?? this.#earlySdp.get(branch)
    if (sdp === undefined) {
      branch.hangUpUnwanted()
      const attempt = { sipCallId: branch.sipCallId, silent: false }
      this.#onFailed({ status: 488, reason: 'No SDP in the answer', attempt })
      return
    }
    this.#state = 'up'
    this.#dialog = new Dialog(this.#ctx, {
      callId: this.callId,
      dialogId: branch.dialogId,
      acknowledged: true,
      lateOffer: false,
      credentials: this.#branches.get(branch)?.credentials,
      over: () => this.#over(() => {}),
      remoteHangup: (reason) => this.#ctx.events.remoteHangup(this.callId, reason),
    })
    this.#cancelBranches()
    const natAddress = this.#branches.get(branch)?.natAddress
    this.#ctx.events.answered(this.callId, sdp, branch.sipCallId, natAddress)
  }

  #onFailed(failure: Failure): void {
    if (this.#state !== 'calling') return
    this.#failures.push(failure)
    this.#open--
    // A 6xx speaks for the person, not for the phone (RFC 3261 section 16.7, step 5).
    if (this.#open > 0 && failure.status < 600) return
    const { status, reason, attempt } = bestOf(this.#failures)
    this.#over(() => {
      this.#cancelBranches()
      this.#ctx.events.rejected(this.callId, status, reason, attempt)
    })
  }

  /** Branches that are done ignore it. */
  #cancelBranches(): void {
    for (const branch of this.#branches.keys()) branch.cancel()
  }

  #over(run: () => void): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#ctx.legs.remove(this)
    run()
  }
}

/**
 * The failure that tells the caller most (after RFC 3261 section 16.7, step 6): the person's own no, then
 * busy, then the lowest class.
 */
function bestOf(failures: readonly Failure[]): Failure {
  const rank = ({ status }: Failure): number => {
    if (status >= 600) return 0
    if (status === 486) return 1
    if (status === 480) return 2
    return status
  }
  return failures.reduce((best, next) => (rank(next) < rank(best) ? next : best))
}
