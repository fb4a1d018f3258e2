// What the engine's HTTP API says, as the page uses it.

/** A login that is good for a while. The password is not part of it. */
export interface Session {
  readonly token: string
  /** Milliseconds since 1970. */
  readonly expiresAtMs: number
  readonly username: string
  readonly displayName: string
  /** A number that sends back what it hears, where there is one. */
  readonly echoNumber?: string
}

export type Presence = 'available' | 'ringing' | 'busy' | 'offline'

/** Somebody to call: another device of the account. */
export interface Contact {
  readonly username: string
  readonly name: string
  readonly presence: Presence
}

export type Outcome =
  | 'answered'
  | 'live'
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
  readonly outcome: Outcome
  readonly startedAt: Date
  readonly durationS: number | null
  /** SIP Call-ID of the leg to this device while it is up; tells whether this tab has it. */
  readonly sipCallId: string | null
  /** Its phone went away and it waits to be taken over. */
  readonly isParked: boolean
}

export interface Voicemail {
  readonly id: string
  readonly from: string
  readonly receivedAt: Date
  readonly durationS: number
  readonly isHeard: boolean
  readonly transcript: string | null
}
