import type { CallId } from './ids.ts'

/** Verbs that do to their own call what the API can do to any. */
export type ActionVerb = MuteVerb | ParkVerb | PickUpVerb | BridgeVerb | TransferVerb

/** From here on, whomever the call talks to. */
export interface MuteVerb {
  readonly verb: 'mute'
  /** What its phone says (default), what it hears, or both. */
  readonly what?: 'says' | 'hears' | 'both'
  /** False ends it. */
  readonly on?: boolean
}
/** On a slot, with music; goes on when nobody has picked it up in time. */
export interface ParkVerb {
  readonly verb: 'park'
  readonly slot?: string
  readonly timeoutMs?: number
  readonly musicUrl?: string
}
/** Talks to whoever is parked there, and that is all; goes on when nobody is. */
export interface PickUpVerb {
  readonly verb: 'pickup'
  readonly slot: string
}
/** Talks to another call of the account that is up, and that is all. */
export interface BridgeVerb {
  readonly verb: 'bridge'
  readonly callId: CallId
}
/** Talks to somebody who is called for it, and that is all; goes on when he does not answer. */
export interface TransferVerb {
  readonly verb: 'transfer'
  readonly to: string
}
