// What the engine's HTTP API says, as the page uses it.

/** A login that is good for a while. The password is not part of it. */
export interface Session {
  readonly token: string
  /** Milliseconds since 1970. */
  readonly expiresAtMs: number
  readonly username: string
  readonly displayName: string
}

export type Presence = 'available' | 'ringing' | 'busy' | 'offline'

/** Somebody to call: another device of the account, or one of its numbers and speed dials. */
export interface Contact {
  /** What to dial. */
  readonly username: string
  readonly name: string
  /** Undefined for numbers. */
  readonly presence: Presence | undefined
}

export interface ContactList {
  readonly contacts: readonly Contact[]
  /** Sends back what it hears; there is one while the lab carrier is on. */
  readonly testNumber: string | null
}

/** `live`: it goes on, answered or not. */
export type Outcome =
  | 'answered'
  | 'live'
  | 'missed'
  | 'busy'
  | 'no-answer'
  | 'declined'
  | 'canceled'
  | 'failed'

/** A call of this device, whatever phone had it. */
export interface RecentCall {
  readonly id: string
  readonly direction: 'incoming' | 'outgoing'
  /** Number or name of the other side. */
  readonly party: string
  readonly partyName: string | undefined
  readonly outcome: Outcome
  /** It goes on and was answered: it can be taken over. */
  readonly isUp: boolean
  readonly startedAt: Date
  readonly answeredAt: Date | undefined
  readonly durationS: number | null
  /** SIP Call-ID of the leg to this device while it is up; tells whether this tab has it. */
  readonly sipCallId: string | null
}

export type VoicemailFolder = 'new' | 'saved' | 'deleted'

export interface Voicemail {
  readonly id: string
  readonly from: string
  /** As the caller's phone gave it. */
  readonly fromName: string | undefined
  readonly folder: VoicemailFolder
  readonly isUrgent: boolean
  readonly receivedAt: Date
  readonly durationS: number
  readonly isHeard: boolean
  readonly transcript: string | null
  /** There will be one. */
  readonly isTranscribing: boolean
}
