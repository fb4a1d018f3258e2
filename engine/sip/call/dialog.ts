import { Failure } from '../../core/failures.ts'
import type { CallId } from '../../core/ids.ts'
import type { ReferTarget } from '../../core/ports/sip.ts'
import { plainAddress } from '../../core/targets.ts'
import { parseNameAddress } from '../address.ts'
import { answerChallenge, type Credentials, isChallenge } from '../auth/digest-answer.ts'
import { infoDigitOf, isForeignBody, sdpOf } from '../body.ts'
import { allow, type Context, type InDialog, sdpType } from '../context.ts'
import type { Headers, RequestIn, ResponseIn } from '../link/link.ts'
import { ReferIn, type Transferor } from '../transfer/refer-in.ts'
import { ReferOut } from '../transfer/refer-out.ts'
import { sendInfoDigit } from './info-out.ts'
import { Renegotiation } from './renegotiation.ts'
import { type ReofferDialog, reoffer } from './reoffer.ts'

export interface DialogOptions {
  readonly callId: CallId
  readonly dialogId: string
  /** Ours as UAC: the 2xx was acknowledged. As UAS the ACK is still to come. */
  readonly acknowledged: boolean
  /** Our 200 carried the offer: the ACK must carry the answer. */
  readonly lateOffer: boolean
  /** We made the call. */
  readonly ours: boolean
  /** The tag of the other side, and ours if the server has told it already. */
  readonly remoteTag: string
  readonly localTag?: string
  /** Who may ask for transfers; undefined: nobody. */
  readonly transferor?: Transferor | undefined
  /** Host at which the other side reaches whom we know; default: ours. */
  readonly referHost?: string | undefined
  /** What the other side said that its sessions have to last (RFC 4028), in seconds. */
  readonly leastSessionS?: number | undefined
  /** For challenges of our requests. */
  readonly credentials?: Credentials | undefined
  /** The dialog is over, whoever ended it; called once. */
  over(): void
  /** The other side ended it. Not called after `hangUp`. */
  remoteHangup(reason: string): void
}

/** After this long nothing of a dialog that we ended can still come: twice 64*T1. */
const lingerMs = 64_000

/** One confirmed INVITE dialog (RFC 3261 section 12), from the 2xx to the end of BYE. */
export class Dialog implements InDialog {
  readonly #ctx: Context
  readonly #options: DialogOptions
  readonly #transferor: Transferor | undefined
  readonly #renegotiation: Renegotiation
  readonly #referIn: ReferIn
  readonly #referOut: ReferOut
  #localTag: string | undefined
  #acknowledged: boolean
  #awaitingAnswer: boolean
  /** `hanging`: BYE wanted or sent. */
  #state: 'up' | 'hanging' | 'over' = 'up'
  #disarm = (): void => {}

  constructor(ctx: Context, options: DialogOptions) {
    this.#ctx = ctx
    this.#options = options
    this.#acknowledged = options.acknowledged
    this.#awaitingAnswer = options.lateOffer
    this.#localTag = options.localTag
    this.#renegotiation = new Renegotiation(ctx, options.callId)
    const { callId, dialogId, credentials } = options
    const transferor = options.transferor && { ...options.transferor }
    this.#transferor = transferor
    const host = options.referHost ?? ctx.publicAddress
    this.#referIn = new ReferIn(ctx, { callId, dialogId, credentials, transferor })
    this.#referOut = new ReferOut(ctx, { callId, dialogId, credentials, host })
    ctx.legs.addDialog(options.dialogId, this)
  }

  receive(request: RequestIn): void {
    if (request.method === 'ACK') this.#onAck(request)
    else if (request.method === 'BYE') this.#onBye(request)
    else if (this.#state !== 'up') request.respond(481)
    else this.#onOther(request)
  }

  /**
   * The user name of the device that has to prove that it sent this: what leads the call elsewhere, from
   * another address than the device's. The tags of a call are known to more than its two ends.
   */
  moverOf(request: RequestIn): string | undefined {
    if (request.method !== 'INVITE' && request.method !== 'UPDATE') return undefined
    const device = this.#state === 'up' ? this.#transferor : undefined
    const isHome = device && plainAddress(device.address) === plainAddress(request.address)
    return isHome ? undefined : device?.username
  }

  /** The device has proved that this is where it is now. */
  movedTo(address: string): void {
    if (this.#transferor) this.#transferor.address = address
  }

  callOf(localTag: string, remoteTag: string): CallId | undefined {
    const same = this.#localTag === localTag && this.#options.remoteTag === remoteTag
    return same && this.#state === 'up' ? this.#options.callId : undefined
  }

  /** As Sip.reoffer. */
  reoffer(offer: () => Promise<string>): Promise<string> {
    const { dialogId, ours, credentials, leastSessionS } = this.#options
    const dialog: ReofferDialog = {
      ...{ dialogId, ours, credentials, leastSessionS },
      isUp: () => this.#state === 'up',
      claim: () => this.#acknowledged && !this.#awaitingAnswer && this.#renegotiation.claim(),
      release: () => this.#renegotiation.release(),
      lost: (reason) => this.#lose(reason),
    }
    return reoffer(this.#ctx, dialog, offer)
  }

  /** As Sip.refer. */
  refer(target: ReferTarget): Promise<void> {
    if (this.#state === 'up') return this.#referOut.send(target)
    return Promise.reject(new Failure('call_ended', 'the call is over'))
  }

  /** As Sip.transferProgress. */
  transferProgress(sipStatus: number): void {
    this.#referIn.progress(sipStatus)
  }

  /**
   * Sends BYE. A callee may not do so before the ACK (RFC 3261 section 15): then it waits for the ACK,
   * or for the server to give up on it.
   */
  hangUp(): void {
    if (this.#state !== 'up') return
    this.#state = 'hanging'
    this.#disarm = this.#ctx.clock.after(lingerMs, () => this.#finish())
    if (this.#acknowledged) this.#sendBye({})
  }

  /** Ends without a BYE of ours: the dialog is gone or never came about. */
  abandon(reason: string): void {
    const told = this.#state === 'up'
    this.#finish()
    if (told) this.#options.remoteHangup(reason)
  }

  /** False when the other side does not take it. */
  infoDigit(digit: string, durationMs: number): Promise<boolean> {
    if (this.#state !== 'up') return Promise.resolve(false)
    return sendInfoDigit(this.#ctx, this.#options.dialogId, digit, durationMs)
  }

  linkUp(): void {
    if (this.#state === 'hanging') this.#sendBye({})
    else if (this.#state === 'up') this.#probe()
  }

  #onAck(request: RequestIn): void {
    const first = !this.#acknowledged
    this.#acknowledged = true
    // Our tag is the server's choice: the ACK is the first to show it.
    this.#localTag ??= parseNameAddress(request.header('to') ?? '')?.params['tag']
    if (first && this.#state === 'hanging') {
      this.#sendBye({})
      return
    }
    if (this.#state !== 'up') return
    if (!this.#awaitingAnswer) {
      this.#renegotiation.acknowledged(sdpOf(request))
      return
    }
    this.#awaitingAnswer = false
    const sdp = sdpOf(request)
    if (sdp !== undefined) this.#ctx.events.lateAnswer(this.#options.callId, sdp)
    else this.#lose('no answer in ACK')
  }

  #onBye(request: RequestIn): void {
    request.respond(200)
    this.abandon(reasonOf(request))
  }

  #onOther(request: RequestIn): void {
    switch (request.method) {
      case 'INVITE':
      case 'UPDATE':
        if (!this.#acknowledged || this.#awaitingAnswer) request.respond(491)
        else if (isForeignBody(request)) request.respond(415, { headers: { Accept: sdpType } })
        else this.#renegotiation.receive(request)
        return
      case 'INFO':
        this.#onInfo(request)
        return
      case 'OPTIONS':
        request.respond(200, { headers: { Allow: allow, Accept: sdpType } })
        return
      case 'NOTIFY':
        if (!this.#referOut.receive(request)) request.respond(200)
        return
      case 'REFER':
        this.#referIn.receive(request)
        return
      case 'PRACK':
        // Of a 18x that was sent before we answered.
        request.respond(200)
        return
      case 'SUBSCRIBE':
        request.respond(489)
        return
      case 'MESSAGE':
        request.respond(405, { headers: { Allow: allow } })
        return
      default:
        request.respond(501)
    }
  }

  #onInfo(request: RequestIn): void {
    const digit = infoDigitOf(request)
    if (digit === 'notDtmf') {
      const accept = 'application/dtmf-relay, application/dtmf'
      if (request.body.trim() === '') request.respond(200)
      else request.respond(415, { headers: { Accept: accept } })
      return
    }
    if (digit === undefined) {
      request.respond(400)
      return
    }
    request.respond(200)
    this.#ctx.events.infoDigit(this.#options.callId, digit.digit, digit.durationMs)
  }

  #sendBye(extra: Headers, attempt = 1): void {
    let uri = ''
    this.#ctx.link.request(
      { method: 'BYE', dialogId: this.#options.dialogId, headers: extra },
      {
        sent: (request) => {
          uri = request.uri
        },
        response: (response) => {
          if (response.status < 200) return
          const answer = attempt === 1 ? this.#answer(response, uri) : undefined
          if (answer) this.#sendBye(answer, attempt + 1)
          else this.#finish()
        },
        failed: (why) => {
          // The dialog may outlive the control connection: BYE again when that is back.
          if (why.is !== 'linkDown') this.#finish()
        },
      },
    )
  }

  #answer(response: ResponseIn, uri: string): Headers | undefined {
    const { credentials } = this.#options
    if (!credentials || !isChallenge(response)) return undefined
    return answerChallenge(response, { method: 'BYE', uri, cnonce: this.#ctx.uuid() }, credentials)
  }

  #probe(): void {
    const gone = (): void => this.#lose('control connection lost')
    this.#ctx.link.request(
      { method: 'OPTIONS', dialogId: this.#options.dialogId, headers: {} },
      {
        response: (response) => {
          if (response.status === 481 || response.status === 408) gone()
        },
        failed: (why) => {
          if (why.is === 'dialogGone') gone()
        },
      },
    )
  }

  /** Ends the dialog as if the other side had. */
  #lose(reason: string): void {
    if (this.#state !== 'up') return
    this.hangUp()
    this.#options.remoteHangup(reason)
  }

  #finish(): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#disarm()
    this.#renegotiation.close()
    this.#referIn.close()
    this.#referOut.close()
    this.#ctx.legs.removeDialog(this.#options.dialogId)
    this.#options.over()
  }
}

/** The text or cause of a Reason header (RFC 3326), else what a BYE means. */
function reasonOf(request: RequestIn): string {
  const reason = request.header('reason')
  if (reason === undefined) return 'BYE'
  const text = /;\s*text\s*=\s*"([^"]{1,200})"/i.exec(reason)?.[1]
  const cause = /;\s*cause\s*=\s*(\d{1,4})/i.exec(reason)?.[1]
  const protocol = /^\s*([\w.-]{1,16})/.exec(reason)?.[1] ?? ''
  return text ?? (cause === undefined ? 'BYE' : `${protocol} ${cause}`.trim())
}
