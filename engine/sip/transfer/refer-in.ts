import { Failure, type FailureCode } from '../../core/failures.ts'
import type { CallId } from '../../core/ids.ts'
import type { TransferWish, TrunkRecord } from '../../core/ports/sip.ts'
import { numberIn } from '../../core/trunk-numbers.ts'
import { optionsOf, type TrunkNumbers } from '../../core/trunk-options.ts'
import { encodeUser, parseNameAddress, parseSipUri, splitList } from '../address.ts'
import type { Credentials } from '../auth/digest-answer.ts'
import { sendInDialog } from '../call/in-dialog.ts'
import type { Context } from '../context.ts'
import type { RequestIn } from '../link/link.ts'
import { partyOf } from '../party.ts'
import { replacedCall, replacesOfUri } from './replaces.ts'
import { sipfragOf, sipfragType } from './sipfrag.ts'

/** Who is at the other end of a dialog, where he may ask for transfers. */
export interface Transferor {
  /** A device's; undefined: a trunk. */
  readonly username: string | undefined
  /** How a trunk writes numbers. */
  readonly numbers?: TrunkNumbers
  /** As in TransferWish. */
  readonly isStranger?: boolean
  /**
   * Where its INVITE or REGISTER came from, or where it has proved itself since: a REFER from elsewhere is
   * not believed to be the device's.
   */
  address: string
}

export interface ReferInOptions {
  readonly callId: CallId
  readonly dialogId: string
  readonly credentials: Credentials | undefined
  /** Undefined: nobody who may (most trunks, a bare SIP address). */
  readonly transferor: Transferor | undefined
}

/** A trunk that was told so, in a call that came from this address or was answered there. */
export function trunkTransferor(trunk: TrunkRecord, address: string): Transferor | undefined {
  const { allowTransfer, numbers } = optionsOf(trunk)
  return allowTransfer ? { username: undefined, numbers, address } : undefined
}

/** How long the implicit subscription is said to last: longer than anybody's phone rings. */
const subscriptionS = 180

const statuses: Readonly<Partial<Record<FailureCode, number>>> = {
  not_found: 404,
  no_route: 404,
  invalid_phone_number: 404,
  device_not_registered: 480,
  call_busy: 491,
  trunk_busy: 503,
  draining: 503,
}

/** Who is meant. Whom an application sends a call to need not be anybody here, but somebody who can be called. */
function targetOf(
  uri: string,
  { isStranger, numbers }: Transferor,
): string | { readonly refuse: number } {
  const party = partyOf(uri)
  if (isStranger && (!('refuse' in party) || party.refuse === 404)) return uri
  if ('refuse' in party) return party
  return numbers ? numberIn(party.name, numbers) : party.name
}

type Wish = TransferWish | { readonly refuse: number }

/**
 * REFER inside a dialog (RFC 3515), one at a time, and the NOTIFYs about it, one after the other.
 * `Refer-Sub: false` (RFC 4488) is granted: then nothing is told.
 */
export class ReferIn {
  readonly #ctx: Context
  readonly #options: ReferInOptions
  #state: 'idle' | 'asking' | 'told' | 'silent' = 'idle'
  #event = 'refer'
  #count = 0
  #queue: number[] = []
  #sending = false
  #closed = false

  constructor(ctx: Context, options: ReferInOptions) {
    this.#ctx = ctx
    this.#options = options
  }

  receive(request: RequestIn): void {
    const wish = this.#wishOf(request)
    if ('refuse' in wish) {
      request.respond(wish.refuse)
      return
    }
    this.#count++
    const cseq = /^\s*(\d{1,10})/.exec(request.header('cseq') ?? '')?.[1]
    // The first subscription of a dialog needs no name (RFC 3515 section 2.4.6).
    this.#event = this.#count > 1 && cseq !== undefined ? `refer;id=${cseq}` : 'refer'
    this.#state = 'asking'
    const silent = /^\s*false\b/i.test(request.header('refer-sub') ?? '')
    this.#ctx.events.transferWished(this.#options.callId, wish).then(
      () => this.#begun(request, silent),
      (error: unknown) => this.#refused(request, error),
    )
  }

  /** Something is new of the transfer. A final status ends it. */
  progress(sipStatus: number): void {
    if (this.#state === 'idle') {
      this.#ctx.counts.commandsIgnored++
      return
    }
    if (this.#state !== 'silent') this.#queue.push(sipStatus)
    if (sipStatus >= 200 && this.#state !== 'asking') this.#state = 'idle'
    if (this.#state !== 'asking') this.#sendNext()
  }

  close(): void {
    this.#closed = true
    this.#queue = []
  }

  #wishOf(request: RequestIn): Wish {
    const { transferor } = this.#options
    if (!transferor) return { refuse: 603 }
    if (request.address !== transferor.address) return { refuse: 403 }
    if (this.#state !== 'idle' || this.#queue.length > 0) return { refuse: 491 }
    const targets = splitList(request.header('refer-to') ?? '')
    const target = targets.length === 1 ? parseNameAddress(targets[0]!) : undefined
    if (!target) return { refuse: 400 }
    const uri = target.uri.split('?')[0]!
    const method = parseSipUri(uri)?.params['method'] ?? 'INVITE'
    if (method.toUpperCase() !== 'INVITE') return { refuse: 405 }
    const replaces = replacesOfUri(target.uri)
    if (replaces === null) return { refuse: 400 }
    const wish: Omit<TransferWish, 'to'> = {
      replaces: replaces && (replacedCall(this.#ctx, replaces) ?? 'unknown'),
      referredBy: this.#referredBy(request, transferor.username),
      referTo: targets[0]!.trim(),
    }
    const to = targetOf(uri, transferor)
    if (typeof to === 'object') return to
    return { ...wish, to, ...(transferor.isStranger && { isStranger: true }) }
  }

  /** As the phone wrote it, if it speaks for itself; else as we know it. */
  #referredBy(request: RequestIn, username: string | undefined): string {
    if (username === undefined) return `<sip:${this.#ctx.publicAddress}>`
    const written = request.header('referred-by') ?? ''
    const uri = parseNameAddress(written)?.uri ?? ''
    if (parseSipUri(uri)?.user === encodeUser(username) && uri.length <= 128) return `<${uri}>`
    return `<sip:${encodeUser(username)}@${this.#ctx.publicAddress}>`
  }

  #begun(request: RequestIn, silent: boolean): void {
    if (this.#closed) {
      request.respond(481)
      return
    }
    request.respond(202, silent ? { headers: { 'Refer-Sub': 'false' } } : {})
    const ended = this.#queue.some((sipStatus) => sipStatus >= 200)
    this.#queue = silent ? [] : [100, ...this.#queue.filter((sipStatus) => sipStatus > 100)]
    if (ended) this.#state = 'idle'
    else this.#state = silent ? 'silent' : 'told'
    this.#sendNext()
  }

  #refused(request: RequestIn, error: unknown): void {
    this.#state = 'idle'
    this.#queue = []
    this.#ctx.log.info('transfer refused', {
      callId: this.#options.callId,
      error: String(error),
    })
    request.respond(error instanceof Failure ? (statuses[error.code] ?? 603) : 500)
  }

  #sendNext(): void {
    if (this.#sending || this.#closed) return
    const sipStatus = this.#queue.shift()
    if (sipStatus === undefined) return
    this.#sending = true
    const { dialogId, credentials } = this.#options
    const state =
      sipStatus >= 200 ? 'terminated;reason=noresource' : `active;expires=${subscriptionS}`
    const headers = {
      Event: this.#event,
      'Subscription-State': state,
      'Content-Type': sipfragType,
    }
    const body = sipfragOf(sipStatus)
    sendInDialog(this.#ctx, { dialogId, method: 'NOTIFY', headers, body, credentials }, (final) => {
      this.#sending = false
      // The phone listens no more: the rest would not be heard either (RFC 6665 section 4.2.2).
      if (final.is === 'failed' || final.response.status === 481) this.#queue = []
      this.#sendNext()
    })
  }
}
