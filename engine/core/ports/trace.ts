import type { CallId } from '../ids.ts'

export interface SipPlace {
  /** IP address without brackets */
  readonly address: string
  readonly port: number
}

/** One SIP message as it went over the wire, repetitions too. */
export interface SipMessage {
  /** since the epoch */
  readonly atMs: number
  readonly direction: 'in' | 'out'
  readonly protocol: 'udp' | 'tcp' | 'tls' | 'ws' | 'wss'
  readonly local: SipPlace
  readonly remote: SipPlace
  /** A byte string: one character is one byte. */
  readonly raw: string
}

export interface TracedMessage extends SipMessage {
  readonly sipCallId: string
}

export interface TracedCall {
  /** In the order in which they went; what is secret in them is masked, byte for byte. */
  readonly messages: readonly TracedMessage[]
  /** Some of its messages found no room. */
  readonly truncated: boolean
}

/** The SIP messages of calls, as long as there is room for them. */
export interface SipTrace {
  readonly isOn: boolean
  /** Undefined for a call of which nothing is known, or not any more. */
  ofCall(callId: CallId): TracedCall | undefined
}

/** By what an INVITE's dialog, with its forks, is known. */
export interface DialogStart {
  readonly sipCallId: string
  /** Of the INVITE's From. */
  readonly tag: string
  /** Who sent the INVITE. */
  readonly by: 'us' | 'peer'
}

/** Which dialogs a call has: only the SIP side knows. Told before or after their first message. */
export interface DialogClaims {
  claim(callId: CallId, dialog: DialogStart): void
}
