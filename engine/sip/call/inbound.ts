import type { CallId, DeviceId } from '../../core/ids.ts'
import { isWebSocket } from '../../core/media-way.ts'
import type { IncomingInvite, TrunkRecord } from '../../core/ports/sip.ts'
import { parseNameAddress, parseSipUri } from '../address.ts'
import { sdpOf } from '../body.ts'
import {
  allow,
  type Context,
  dialogIdOf,
  type Leg,
  sdpType,
  supported,
  userAgent,
} from '../context.ts'
import type { RequestIn } from '../link/link.ts'
import { sourceOf } from '../source.ts'
import { type Transferor, trunkTransferor } from '../transfer/refer-in.ts'
import { Dialog } from './dialog.ts'
import { EarlyDialog } from './early.ts'
import { receivedOf } from './received.ts'
import { sessionGranted } from './session-timer.ts'
import { warningOf } from './warning.ts'

/** Who sent the INVITE and whom it is for, once both are known. */
export type Parties = Omit<IncomingInvite, 'callId' | 'sipCallId' | 'sdp' | 'protocol'> & {
  /** Where a trunk calls. */
  readonly trunk?: TrunkRecord
}

/**
 * An 18x makes an early dialog, so it has a Contact (RFC 3261 section 12.1.1), and browsers' phones drop one without.
 * The SIP server, which knows the address, writes it by itself only where the 18x is reliable.
 */
const earlyContact = '<sip:ringdown@localhost>'

/** A call that came to us: rings until `accept` or `reject`, or until the caller gives up. */
export class InboundLeg implements Leg {
  #callId: CallId
  readonly deviceId: DeviceId | undefined
  readonly #ctx: Context
  readonly #request: RequestIn
  readonly #lateOffer: boolean
  readonly #dialogId: string
  readonly #early: EarlyDialog
  #state: 'ringing' | 'up' | 'over' = 'ringing'
  #dialog: Dialog | undefined
  #transferor: Transferor | undefined

  constructor(ctx: Context, callId: CallId, request: RequestIn, deviceId?: DeviceId) {
    this.#ctx = ctx
    this.#callId = callId
    this.deviceId = deviceId
    this.#request = request
    this.#lateOffer = sdpOf(request) === undefined
    this.#dialogId = inviteDialogId(request)
    const sipCallId = request.header('call-id') ?? ''
    ctx.claims?.claim(callId, { sipCallId, tag: fromTagOf(request), by: 'peer' })
    this.#early = new EarlyDialog(ctx, callId, request)
    ctx.legs.add(this)
    ctx.legs.addDialog(this.#dialogId, {
      receive: (early) => this.#onEarly(early),
      linkUp: () => {},
      hangUp: () => this.bye(),
    })
  }

  /** Tells the application. */
  start({ trunk, ...parties }: Parties): void {
    const { source } = parties
    if (source.kind === 'device') {
      this.#transferor = { username: source.username, address: this.#request.address }
    } else if (trunk) this.#transferor = trunkTransferor(trunk, this.#request.address)
    this.#ctx.events.incoming({
      ...parties,
      callId: this.callId,
      sipCallId: this.#request.header('call-id') ?? '',
      protocol: this.#request.protocol.toLowerCase(),
      sdp: sdpOf(this.#request),
      received: receivedOf(this.#request),
    })
  }

  get callId(): CallId {
    return this.#callId
  }

  /** Is the phone of another call than its own from now on; false when it is not ringing any more. */
  become(callId: CallId): boolean {
    if (this.#state !== 'ringing') return false
    const { legs, claims } = this.#ctx
    legs.remove(this)
    this.#callId = callId
    legs.add(this)
    const sipCallId = this.#request.header('call-id') ?? ''
    claims?.claim(callId, { sipCallId, tag: fromTagOf(this.#request), by: 'peer' })
    return true
  }

  get dialog(): Dialog | undefined {
    return this.#dialog
  }

  /** CANCEL from the caller; the server has already answered both requests. */
  canceled(): void {
    if (this.#state === 'ringing') this.#over(() => this.#ctx.events.remoteCancel(this.callId))
  }

  progress(sipStatus: 180 | 181 | 183, sdp?: string): void {
    if (this.#state !== 'ringing') {
      this.#ctx.counts.commandsIgnored++
      return
    }
    const early = this.#early.reliable ? { Require: '100rel' } : { Contact: earlyContact }
    if (sdp === undefined) this.#request.respond(sipStatus, { headers: early })
    else {
      const headers = { ...early, 'Content-Type': sdpType }
      this.#request.respond(sipStatus, { headers, body: sdp })
      this.#early.answered()
    }
  }

  accept(sdp: string): void {
    if (this.#state !== 'ringing') {
      this.#ctx.counts.commandsIgnored++
      return
    }
    this.#state = 'up'
    this.#early.close()
    this.#dialog = new Dialog(this.#ctx, {
      callId: this.callId,
      dialogId: this.#dialogId,
      acknowledged: false,
      lateOffer: this.#lateOffer,
      ours: false,
      remoteTag: fromTagOf(this.#request),
      transferor: this.#transferor,
      referHost: this.#transferor?.username === undefined ? hostOf(this.#request) : undefined,
      over: () => this.#over(() => {}),
      remoteHangup: (reason) => this.#ctx.events.remoteHangup(this.callId, reason),
    })
    const headers = {
      'Content-Type': sdpType,
      Allow: allow,
      Supported: supported,
      'User-Agent': userAgent,
      ...sessionGranted(this.#request),
    }
    this.#request.respond(200, { headers, body: sdp }, (error) => {
      // The transaction is gone, as after a CANCEL that we have not been told of: there is no dialog.
      if (error !== undefined) this.#dialog?.abandon(`200 not sent: ${error}`)
    })
  }

  reject(sipStatus: number, warning?: string): void {
    if (this.#state !== 'ringing') {
      this.#ctx.counts.commandsIgnored++
      return
    }
    const status = sipStatus >= 300 && sipStatus <= 699 ? sipStatus : 480
    const more = warning === undefined ? [] : [{ headers: warningOf(this.#ctx, warning) }]
    this.#over(() => this.#request.respond(status, ...more))
  }

  cancel(): void {
    this.bye()
  }

  bye(): void {
    if (this.#state === 'ringing') this.reject(480)
    else this.#dialog?.hangUp()
  }

  /** The transaction cannot be answered any more; a call that is up stays. */
  linkDown(): void {
    if (this.#state !== 'ringing') return
    this.#over(() => this.#ctx.events.remoteHangup(this.callId, 'control connection lost'))
  }

  /**
   * A browser whose page is closed while it calls can neither hear the answer nor give up: it has given up. A proxy
   * (Record-Route) may connect anew.
   */
  connectionClosed(source: string): void {
    if (this.#state !== 'ringing' || sourceOf(this.#request) !== source) return
    if (!isWebSocket(source) || this.#request.header('record-route') !== undefined) return
    this.#request.respond(487)
    this.canceled()
  }

  /** BYE in the early dialog: the caller gives up (RFC 3261 section 15). */
  #onEarly(early: RequestIn): void {
    if (this.#early.receive(early)) return
    if (early.method !== 'BYE') {
      early.respond(481)
      return
    }
    early.respond(200)
    this.#request.respond(487)
    this.canceled()
  }

  #over(run: () => void): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#early.close()
    this.#ctx.legs.remove(this)
    this.#ctx.legs.removeDialog(this.#dialogId)
    run()
  }
}

export const inviteDialogId = (request: RequestIn): string =>
  dialogIdOf(request.header('call-id') ?? '', fromTagOf(request))

export const fromTagOf = (request: RequestIn): string =>
  parseNameAddress(request.header('from') ?? '')?.params['tag'] ?? ''

/** Where a trunk's own calls come from. */
const hostOf = (request: RequestIn): string | undefined =>
  parseSipUri(parseNameAddress(request.header('from') ?? '')?.uri ?? '')?.host
