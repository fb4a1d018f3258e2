import type { Diversion, ReceivedDetails } from '../call.ts'
import type { DeviceOptions } from '../device-options.ts'
import type { AccountId, CallId, DeviceId, TrunkId } from '../ids.ts'
import type { Offers } from '../media-way.ts'
import type { TrunkOptions } from '../trunk-options.ts'
import type { DeviceEvents, RegisteredContact } from './registrations.ts'

/** A trunk as the SIP side needs it. `password` is undefined where the trunk does not challenge. */
export interface TrunkRecord extends Partial<TrunkOptions> {
  readonly id: TrunkId
  readonly name: string
  readonly host: string
  /** 0: NAPTR and SRV records of the host say (RFC 3263), for `udp` the transport too. */
  readonly port: number
  readonly transport: 'udp' | 'tcp' | 'tls'
  readonly username: string | null
  readonly password: string | null
  /** Caller ID used when the call's own may not be shown there. */
  readonly defaultCallerId: string | null
  /** Only numbers with one of these prefixes go here; empty = all. */
  readonly prefixes: readonly string[]
  /** Lower is tried first. */
  readonly priority: number
  /** 1 to 100: the share of the calls among trunks of one priority. */
  readonly weight: number
  /** Calls at once, in both directions; over that no more are sent to it. Null: no limit. */
  readonly maxCalls: number | null
  /** Calls sent to it within a second. Null: no limit. */
  readonly maxCallsPerSecond: number | null
  readonly enabled: boolean
}

/** Where an INVITE goes, already decided: the SIP side does not route. */
export type SipTarget =
  | { readonly kind: 'trunk'; readonly trunk: TrunkRecord; readonly number: string }
  | {
      readonly kind: 'device'
      readonly deviceId: DeviceId
      readonly username?: string
      readonly options?: DeviceOptions
    }
  | { readonly kind: 'uri'; readonly uri: string; readonly credentials?: SipCredentials }

/** Told to whoever challenges a call to this place, and nobody else. */
export interface SipCredentials {
  readonly username: string
  readonly password: string
}

export interface InviteRequest {
  readonly target: SipTarget
  /** E.164 or a device's name: the user part of From. */
  readonly callerId: string
  /** The callee shall not know who calls; of trunks alone those that are trusted are told. */
  readonly withheld?: boolean
  /** Display name of From. */
  readonly callerName?: string
  /** Ours: a contact gets that of its kind (`mediaKindOf`), and is left out where there is none for it. */
  readonly offers: Offers
  /** Extra headers, e.g. `X-` ones. Names and values are checked before they come here. */
  readonly headers?: Readonly<Record<string, string>>
  /** Who was called before, the newest first. */
  readonly diversion?: readonly Diversion[]
  /** Hops that are left; the server's own number when absent. */
  readonly maxForwards?: number
  /**
   * Somebody else could be asked instead: an INVITE to which nothing at all has come after this is given
   * up (408, silent). Not kept where the control port does not show 100 Trying.
   */
  readonly tryingWithinMs?: number
  /** Whoever answers may ask by REFER for the other party to be sent elsewhere: what becomes of it the application says. */
  readonly mayRefer?: boolean
}

/** One INVITE of a call, in the end. */
export interface Attempt {
  readonly sipCallId: string
  /** Nothing came from the other side, not even 100. */
  readonly silent: boolean
  /** Where a device sends the caller (3xx), as a request-URI is read: E.164, digits, or a device's name. */
  readonly redirects?: readonly string[]
}

/**
 * Commands to the SIP side. Fire and forget: what comes of them arrives through SipEvents. A command for
 * an unknown or ended call is ignored and counted. After `cancel` or `bye` the SIP side alone sees to
 * the rest (487, a 200 that crossed the CANCEL gets ACK and BYE, a lost BYE is repeated).
 */
export interface Sip {
  invite(callId: CallId, request: InviteRequest): void
  /** `isElsewhere`: somebody else has answered, the phone need not show a missed call (RFC 3326). */
  cancel(callId: CallId, isElsewhere?: boolean): void
  bye(callId: CallId): void
  /** 180, 181 (no SDP) or 183 with SDP for an inbound call. */
  progress(callId: CallId, sipStatus: 180 | 181 | 183, sdp?: string): void
  /**
   * The INVITE `coming`, which is not answered yet, is the phone of this call from now on; the one that it had is hung
   * up, of which nobody is told. `accept` must follow. False when `coming` is over already: nothing has changed.
   */
  takeOver(callId: CallId, coming: CallId): boolean
  /** 200 with our SDP to an inbound INVITE. */
  accept(callId: CallId, sdp: string): void
  /** `warning`: why, for people (header Warning, RFC 3261 section 20.43). */
  reject(callId: CallId, sipStatus: number, warning?: string): void
  /**
   * Offers anew inside the dialog (re-INVITE) and resolves to the phone's answer. `offer` is asked for each
   * attempt: where both sides offer at once ours waits and is made again. Rejects with a Failure, and all is
   * as it was: `call_failed` (the phone refuses), `call_ended` (also when the dialog turns out to be gone).
   */
  reoffer(callId: CallId, offer: () => Promise<string>): Promise<string>
  /** Tells the phone that asked for a transfer how its target does; a final status ends that. */
  transferProgress(callId: CallId, sipStatus: number): void
  /**
   * Asks the phone to call somebody else by itself (REFER). Resolves when it is willing, rejects with a
   * Failure when not (`call_failed`, `call_ended`); then `referProgress` tells what comes of it.
   */
  refer(callId: CallId, to: ReferTarget): Promise<void>
  /** A key press by INFO (application/dtmf-relay) inside a call that is up; false: the phone refuses it. */
  infoDigit(callId: CallId, digit: string, durationMs: number): Promise<boolean>
  /** Sends a text (RFC 3428) to all contacts of the device; delivered when one of them has taken it. */
  message(deviceId: DeviceId, request: MessageRequest): Promise<MessageOutcome>
  /** The counts of the device's mailbox changed: its lamps are told (RFC 3842). */
  mailboxChanged(deviceId: DeviceId, username: string): void
  /** Contacts at which the device is registered now; 0 = not registered. */
  registeredContacts(deviceId: DeviceId): readonly RegisteredContact[]
  /** The device was deleted, or has another password: its registrations and subscriptions go. Its calls stay. */
  forgetDevice(deviceId: DeviceId, because: 'deleted' | 'password'): void
  /** The control connection is up and SIP can be sent and received. */
  ready(): boolean
  /** Trunks were added, changed or removed: registrations and pings follow at once. */
  trunksChanged(): void
  trunkStatus(id: TrunkId): TrunkStatus
}

/** What is known of a trunk from registering there and from pinging it. */
export interface TrunkStatus {
  /** Null: we do not register there. */
  readonly registration: {
    readonly state: 'trying' | 'registered' | 'failed'
    /** Until when the registrar knows us; may be in the future after a refresh has failed. */
    readonly untilMs: number | null
    readonly lastError: string | null
  } | null
  /** Null: it is not pinged, or has not been for long enough. */
  readonly reachable: boolean | null
  /** From the last OPTIONS to its answer. */
  readonly roundTripMs: number | null
}

/** A trunk is not what it was. */
export type TrunkChange =
  | { readonly is: 'up'; readonly roundTripMs: number }
  | { readonly is: 'down'; readonly reason: string }
  | { readonly is: 'registered'; readonly untilMs: number }
  | { readonly is: 'registrationFailed'; readonly reason: string; readonly retryInMs: number }

/** Whom a phone is asked to call: somebody that this system reaches (by name or number), or a SIP URI. */
export type ReferTarget =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'uri'; readonly uri: string }

/** A phone's wish that the other party be connected to somebody else (RFC 3515, RFC 5589). */
export interface TransferWish {
  /** As an INVITE's request-URI is read: E.164, digits as dialled, or a device's name. */
  readonly to: string
  /** Attended: the phone's own call with that somebody, or `unknown` where there is no such call. */
  readonly replaces: CallId | 'unknown' | undefined
  /** Who wishes it, in a form fit for the header Referred-By (RFC 3892). */
  readonly referredBy: string
  /** The header Refer-To as it came. */
  readonly referTo: string
  /** He may because of `mayRefer` alone: only the application can grant it. `to` may be any URI then. */
  readonly isStranger?: boolean
}

/** An INVITE that came from a trunk or from a device that proved who it is. */
export interface IncomingInvite {
  readonly callId: CallId
  readonly sipCallId: string
  readonly from: string
  readonly fromName: string | null
  readonly to: string
  readonly source:
    | { readonly kind: 'trunk'; readonly trunkId: TrunkId }
    | { readonly kind: 'device'; readonly deviceId: DeviceId; readonly username: string }
  /**
   * Where a device's signalling comes from, as its audio may although its SDP says otherwise (NAT).
   * Absent for trunks: they are expected to know their own address.
   */
  readonly natAddress?: string
  /** Absent: late offer, the answer comes with the ACK. */
  readonly sdp: string | undefined
  readonly received?: ReceivedDetails
  /** Protocol of the hop to us: `udp`, `tcp`, `tls`, `ws`, `wss`. */
  readonly protocol: string
  /** Of a trunk, where it says so. */
  readonly codecs?: TrunkOptions['codecs']
  readonly srtp?: TrunkOptions['srtp']
  /** It wants to take the place of this call (RFC 3891); only of devices. */
  readonly replaces?: CallId
  /** It wants to go on with a call of its device, by this token (header X-Ringdown-Takeover). */
  readonly takeover?: string
}

/** A text that a device sent. */
export interface IncomingMessage {
  readonly accountId: AccountId
  /** The device's user name. */
  readonly from: string
  readonly fromName: string | null
  /** As of an INVITE. */
  readonly to: string
  readonly contentType: string
  readonly text: string
  readonly bytes: number
}

export interface MessageRequest {
  /** The user parts of From and To. */
  readonly from: string
  readonly fromName: string | null
  readonly to: string
  readonly text: string
}

/** 200: delivered. 480: not there, 408: no answer, 513: too long for UDP; else what the phone said. */
export interface MessageOutcome {
  readonly sipStatus: number
}

/** What the SIP side tells the application. Called in the order in which things happened. */
export interface SipEvents extends DeviceEvents {
  incoming(invite: IncomingInvite): void
  /** A 18x to our INVITE, with the early media's SDP if it had one; `natAddress` as in `answered`. */
  progress(callId: CallId, sipStatus: number, sdp: string | undefined, natAddress?: string): void
  /**
   * `sdp`: undefined when `renegotiate` has settled it before the answer. `natAddress` as in IncomingInvite,
   * when a device answered.
   */
  answered(callId: CallId, sdp: string | undefined, sipCallId: string, natAddress?: string): void
  /**
   * Final failure of our INVITE. 408 also stands for silence, 503 for an unreachable peer. The call may
   * be sent another INVITE after that. `attempt` is absent when no INVITE could be made at all.
   */
  rejected(callId: CallId, sipStatus: number, reasonPhrase: string, attempt?: Attempt): void
  /** SDP in the ACK, after we answered an INVITE without SDP by an offer. */
  lateAnswer(callId: CallId, sdp: string): void
  /** BYE from the phone, or the SIP side lost the dialog (session expiry, ACK timeout). */
  remoteHangup(callId: CallId, reason: string): void
  /** CANCEL from the caller. */
  remoteCancel(callId: CallId): void
  /** Resolves to the status that the sender is told. */
  message(message: IncomingMessage): Promise<number>
  /** INFO with application/dtmf-relay or application/dtmf. */
  infoDigit(callId: CallId, digit: string, durationMs: number): void
  /**
   * A re-INVITE or UPDATE. With `sdp`: resolves to our answer. Without: resolves to our offer, and
   * the answer follows through lateAnswer. Rejects with a Failure when it can't be: 488 goes out.
   * `protocol` as in IncomingInvite.
   */
  renegotiate(callId: CallId, sdp: string | undefined, protocol: string): Promise<string>
  /**
   * A device asks for a transfer (REFER). Resolves when it is begun: 202 goes out, and then what
   * `transferProgress` tells. Rejects with a Failure when it is refused.
   */
  transferWished(callId: CallId, wish: TransferWish): Promise<void>
  /** How a phone that was asked by `refer` does; `final`: nothing more comes. 408: it said no more. */
  referProgress(callId: CallId, sipStatus: number, final: boolean): void
  trunkChanged(trunk: TrunkRecord, change: TrunkChange): void
}

export type { RegisteredContact } from './registrations.ts'
