import type { Clock } from '../core/clock.ts'
import type { CallId, DeviceId } from '../core/ids.ts'
import type { Log } from '../core/ports/observe.ts'
import type { SipEvents } from '../core/ports/sip.ts'
import type { DialogClaims } from '../core/ports/trace.ts'
import type { Dialog } from './call/dialog.ts'
import type { RequestIn, SipLink } from './link/link.ts'
import type { TrunkRealms } from './trunk/credentials.ts'

/** What every part of the SIP side works with. */
export interface Context {
  readonly link: SipLink
  readonly events: SipEvents
  readonly clock: Clock
  readonly log: Log
  readonly legs: Legs
  readonly counts: SipCounts
  /** 100 Trying is shown by the control port. */
  readonly seesTrying: boolean
  /** Told of every dialog of a call, attempts too. */
  readonly claims?: DialogClaims | undefined
  readonly realms: TrunkRealms
  /** Devices that are registered with this very URI. */
  usernamesAt(contact: string): readonly string[]
  uuid(): string
  /** 0 to less than 1; for chance, not for secrets. */
  random(): number
  /** The host in our From, Contact and P-Asserted-Identity. */
  readonly publicAddress: string
}

/** One call's signalling. Every command that has no meaning in the leg's state does nothing. */
export interface Leg {
  readonly callId: CallId
  /** The device that made the call, where one did. */
  readonly deviceId?: DeviceId | undefined
  progress(sipStatus: 180 | 181 | 183, sdp?: string): void
  accept(sdp: string): void
  reject(sipStatus: number, warning?: string): void
  /** The dialog, once the call is up and as long as nobody hangs up. */
  readonly dialog: Dialog | undefined
  /** `isElsewhere` as in the port. */
  cancel(isElsewhere?: boolean): void
  bye(): void
  /** The control connection went and came back. */
  linkDown(): void
  /** A connection of a peer is closed; `source` as registrations have it. */
  connectionClosed?(source: string): void
}

/** Whoever gets the requests inside one dialog. */
export interface InDialog {
  receive(request: RequestIn): void
  /** The control connection is back: finds out whether the dialog still exists. */
  linkUp(): void
  hangUp(): void
  /** Whose dialog it is, by the tag of ours and that of the other side (RFC 3891 section 3). */
  callOf?(localTag: string, remoteTag: string): CallId | undefined
}

export class Legs {
  readonly #byCall = new Map<CallId, Leg>()
  readonly #byDialog = new Map<string, InDialog>()
  readonly #madeBy = new Map<DeviceId, number>()

  get(callId: CallId): Leg | undefined {
    return this.#byCall.get(callId)
  }
  add(leg: Leg): void {
    this.#byCall.set(leg.callId, leg)
    this.#count(leg, 1)
  }
  remove(leg: Leg): void {
    if (this.#byCall.get(leg.callId) !== leg) return
    this.#byCall.delete(leg.callId)
    this.#count(leg, -1)
  }
  /** Calls that the device has made and that are not over. */
  madeBy(deviceId: DeviceId): number {
    return this.#madeBy.get(deviceId) ?? 0
  }
  #count({ deviceId }: Leg, change: 1 | -1): void {
    if (deviceId === undefined) return
    const calls = this.madeBy(deviceId) + change
    if (calls > 0) this.#madeBy.set(deviceId, calls)
    else this.#madeBy.delete(deviceId)
  }
  all(): Leg[] {
    return [...this.#byCall.values()]
  }
  dialog(dialogId: string): InDialog | undefined {
    return this.#byDialog.get(dialogId)
  }
  addDialog(dialogId: string, dialog: InDialog): void {
    this.#byDialog.set(dialogId, dialog)
  }
  removeDialog(dialogId: string): void {
    this.#byDialog.delete(dialogId)
  }
  dialogs(): InDialog[] {
    return [...this.#byDialog.values()]
  }
  get size(): number {
    return this.#byCall.size
  }
  get dialogCount(): number {
    return this.#byDialog.size
  }
}

/** Things that should be rare, counted. */
export interface SipCounts {
  commandsIgnored: number
  digestsFailed: number
  lockouts: number
  strayRequests: number
  /** New calls, while there was no room for them. */
  refusedCalls: number
}

export const noCounts = (): SipCounts => ({
  commandsIgnored: 0,
  digestsFailed: 0,
  lockouts: 0,
  strayRequests: 0,
  refusedCalls: 0,
})

export const userAgent = 'Ringdown'
export const allow = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, NOTIFY, REFER'
/** Options of others that we can use (RFC 4028, kept by the server, RFC 3891, RFC 4488). */
export const supported = 'timer, replaces, norefersub'
export const sdpType = 'application/sdp'

export const dialogIdOf = (sipCallId: string, fromTag: string): string =>
  `${sipCallId};from-tag=${fromTag}`
