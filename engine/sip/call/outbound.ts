import type { CallId } from '../../core/ids.ts'
import type { Attempt, InviteRequest, SipTarget } from '../../core/ports/sip.ts'
import { parseNameAddress } from '../address.ts'
import { sdpOf } from '../body.ts'
import type { Context, Leg } from '../context.ts'
import type { ResponseIn } from '../link/link.ts'
import { type Transferor, trunkTransferor } from '../transfer/refer-in.ts'
import { Branch, type BranchOptions, type Route } from './branch.ts'
import { Dialog } from './dialog.ts'
import { inviteFrom, inviteHeaders } from './invite-headers.ts'

/** How long those with the highest q ring before the next are called instead. */
const groupMs = 15_000
/** The other phones need not show a missed call (RFC 3326). */
const completedElsewhere = 'SIP;cause=200;text="Call completed elsewhere"'

type Offered = BranchOptions['route']

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
  readonly #target: SipTarget
  readonly #mayRefer: boolean
  readonly #ctx: Context
  readonly #branches = new Map<Branch, Route>()
  /** Who is called when those before have not answered. */
  readonly #groups: (readonly Offered[])[]
  readonly #shared: Omit<BranchOptions, 'route'>
  readonly #isAlone: boolean
  readonly #failures: Failure[] = []
  /** The answer in a 18x by who sent it, for a peer that leaves it out of its 200. */
  readonly #earlySdp = new Map<string, string>()
  /** Those of whom nothing final has come. */
  readonly #open = new Set<Branch>()
  #disarm = (): void => {}
  #state: 'calling' | 'up' | 'over' = 'calling'
  #dialog: Dialog | undefined

  /** `groups` are called one after the other, those in a group at once. */
  constructor(
    ctx: Context,
    callId: CallId,
    request: InviteRequest,
    groups: readonly (readonly Offered[])[],
  ) {
    this.#ctx = ctx
    this.callId = callId
    this.#target = request.target
    this.#mayRefer = request.mayRefer ?? false
    this.#groups = [...groups]
    this.#isAlone = groups.flat().length === 1
    this.#shared = {
      callId,
      from: inviteFrom(request, ctx.publicAddress),
      headers: inviteHeaders(request, ctx.publicAddress),
      isAlone: this.#isAlone,
      tryingWithinMs: ctx.seesTrying ? request.tryingWithinMs : undefined,
    }
    ctx.legs.add(this)
  }

  get dialog(): Dialog | undefined {
    return this.#dialog
  }

  start(): void {
    const group = this.#groups.shift() ?? []
    for (const route of group) {
      const branch: Branch = new Branch(
        this.#ctx,
        { ...this.#shared, route },
        {
          progress: (response) => this.#onProgress(branch, response),
          answered: (response) => this.#onAnswered(branch, response),
          failed: (status, reason, silent, redirects) => {
            const attempt = { sipCallId: branch.sipCallId, silent, ...(redirects && { redirects }) }
            this.#onFailed(branch, { status, reason, attempt })
          },
        },
      )
      this.#branches.set(branch, route)
      this.#open.add(branch)
    }
    if (this.#groups.length > 0) {
      this.#disarm = this.#ctx.clock.after(groupMs, () => this.#nextGroup())
    }
    for (const branch of [...this.#open]) branch.start()
  }

  /** The wanted ones have rung long enough. */
  #nextGroup(): void {
    for (const branch of this.#open) {
      branch.cancel()
      const attempt = { sipCallId: branch.sipCallId, silent: false }
      this.#failures.push({ status: 408, reason: 'No Answer', attempt })
    }
    this.#open.clear()
    this.start()
  }

  cancel(isElsewhere = false): void {
    if (this.#state === 'up') this.bye()
    else {
      this.#over(() => this.#cancelBranches(isElsewhere ? completedElsewhere : undefined))
    }
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
    if (sdp !== undefined) this.#earlySdp.set(calleeOf(branch, response), sdp)
    // Early media of several phones at once could not be told apart: the caller hears ringback.
    const audible = this.#isAlone ? sdp : undefined
    const natAddress = audible === undefined ? undefined : this.#branches.get(branch)?.natAddress
    this.#ctx.events.progress(this.callId, response.status, audible, natAddress)
  }

  #onAnswered(branch: Branch, response: ResponseIn): void {
    if (this.#state !== 'calling') {
      branch.hangUpUnwanted()
      return
    }
    const sdp = branch.renegotiated ? undefined : this.#answerIn(branch, response)
    if (sdp === undefined && !branch.renegotiated) {
      branch.hangUpUnwanted()
      const attempt = { sipCallId: branch.sipCallId, silent: false }
      this.#onFailed(branch, { status: 488, reason: 'No SDP in the answer', attempt })
      return
    }
    this.#state = 'up'
    this.#disarm()
    const natAddress = this.#branches.get(branch)?.natAddress
    this.#dialog = new Dialog(this.#ctx, {
      callId: this.callId,
      dialogId: branch.dialogId,
      acknowledged: true,
      lateOffer: false,
      ours: true,
      localTag: branch.tag,
      remoteTag: toTagOf(response),
      transferor: this.#transferor(natAddress, response) ?? this.#stranger(response),
      referHost: this.#trunkHost,
      credentials: branch.credentials,
      leastSessionS: branch.leastSessionS,
      over: () => this.#over(() => {}),
      remoteHangup: (reason) => this.#ctx.events.remoteHangup(this.callId, reason),
    })
    this.#cancelBranches(completedElsewhere)
    this.#ctx.events.answered(this.callId, sdp, branch.sipCallId, natAddress)
  }

  #answerIn(branch: Branch, response: ResponseIn): string | undefined {
    return sdpOf(response) ?? this.#earlySdp.get(calleeOf(branch, response))
  }

  #transferor(address: string | undefined, response: ResponseIn): Transferor | undefined {
    if (this.#target.kind === 'trunk') {
      return trunkTransferor(this.#target.trunk, response.address)
    }
    if (this.#target.kind !== 'device' || address === undefined) return undefined
    const { username } = this.#target
    return username === undefined ? undefined : { username, address }
  }

  /** Whoever has answered, where the application says what becomes of his wishes. */
  #stranger({ address }: ResponseIn): Transferor | undefined {
    return this.#mayRefer ? { username: undefined, address, isStranger: true } : undefined
  }

  get #trunkHost(): string | undefined {
    return this.#target.kind === 'trunk' ? this.#target.trunk.host : undefined
  }

  #onFailed(branch: Branch, failure: Failure): void {
    if (this.#state !== 'calling') return
    this.#failures.push(failure)
    this.#open.delete(branch)
    // A 6xx speaks for the person, not for the phone (RFC 3261 section 16.7, step 5).
    const isFinal = failure.status >= 600
    if (this.#open.size > 0 && !isFinal) return
    if (this.#groups.length > 0 && !isFinal) {
      this.#disarm()
      this.start()
      return
    }
    const { status, reason, attempt } = bestOf(this.#failures)
    this.#over(() => {
      this.#cancelBranches(isFinal ? `SIP;cause=${status}` : undefined)
      this.#ctx.events.rejected(this.callId, status, reason, attempt)
    })
  }

  /** Branches that are done ignore it. */
  #cancelBranches(reason?: string): void {
    for (const branch of this.#branches.keys()) branch.cancel(reason)
  }

  #over(run: () => void): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#disarm()
    this.#ctx.legs.remove(this)
    run()
  }
}

const toTagOf = (response: ResponseIn): string =>
  parseNameAddress(response.header('to') ?? '')?.params['tag'] ?? ''

/** A proxy may ask several who then answer in one branch of ours. */
const calleeOf = (branch: Branch, response: ResponseIn): string =>
  `${branch.dialogId} ${toTagOf(response)}`

/**
 * The failure that tells the caller most (after RFC 3261 section 16.7, step 6): the person's own no, then
 * where else he is, then busy, then the lowest class.
 */
function bestOf(failures: readonly Failure[]): Failure {
  const rank = ({ status }: Failure): number => {
    if (status >= 600) return 0
    if (status < 400) return 1
    if (status === 486) return 2
    if (status === 480) return 3
    return status
  }
  return failures.reduce((best, next) => (rank(next) < rank(best) ? next : best))
}
