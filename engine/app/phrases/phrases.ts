/**
 * All that the engine says or writes by itself to people who call and are called, in one language. Plain text, but
 * for what is told of messages.
 */
export interface Phrases {
  readonly conference: ConferenceWords
  readonly queue: QueueWords
  readonly call: CallWords
  readonly leaving: LeavingWords
  readonly owner: OwnerWords
  readonly mail: MailWords
}

/** At the door of a conference and inside. */
export interface ConferenceWords {
  readonly askPin: string
  readonly wrongPin: string
  readonly refusedPin: string
  readonly askName: string
  readonly full: string
  readonly locked: string
  readonly ended: string
  readonly waitForModerator: string
  /** After a spoken name. */
  readonly hasJoined: string
  readonly hasLeft: string
  readonly muted: string
  readonly unmuted: string
  readonly locking: string
  readonly unlocking: string
  readonly othersMuted: string
  readonly oneMinuteLeft: string
  /** How many are there, whoever hears it included. */
  count(people: number): string
}

/** To those who wait, and to their agents. */
export interface QueueWords {
  /** 1 is the next one. */
  position(place: number): string
  /** How long it will probably take: whole minutes. */
  wait(minutes: number): string
  readonly waitIsLong: string
  readonly confirm: string
}

/** In the middle of a call, and to the agent of a lead. */
export interface CallWords {
  /** Whole seconds. */
  endsIn(seconds: number): string
  readonly supervised: string
  newLead(name: string, source: string | undefined): string
  readonly leadNotReached: string
}

/** What callers of a voicemail box are told. */
export interface LeavingWords {
  /** After a spoken name. */
  readonly isNotAvailable: string
  readonly isBusy: string
  /** Without a name. */
  readonly notAvailable: string
  readonly busy: string
  /** After either of them. */
  readonly leaveMessage: string
  /** Where somebody can be had by 0. */
  readonly operator: string
  readonly full: string
  readonly failed: string
  readonly tooShort: string
  readonly review: string
  readonly saved: string
  readonly urgent: string
  readonly notUrgent: string
}

/** What the owner of a box is told by phone. The functions make SSML. */
export interface OwnerWords {
  readonly askBox: string
  readonly askPin: string
  readonly wrongPin: string
  readonly refused: string
  readonly mainKeys: string
  readonly noMessages: string
  readonly noMore: string
  readonly messageKeys: string
  readonly deletedKeys: string
  readonly deleted: string
  readonly undeleted: string
  readonly saved: string
  readonly gone: string
  /** Its audio is not to be had: it is encrypted, or where it is kept can not be reached. */
  readonly notHeard: string
  readonly noCallBack: string
  readonly confirmCall: string
  readonly notConnected: string
  readonly optionKeys: string
  readonly greetingKeys: string
  readonly recordGreeting: string
  readonly noGreeting: string
  readonly standardGreeting: string
  readonly keepKeys: string
  readonly notRecorded: string
  readonly kept: string
  readonly discarded: string
  readonly newPin: string
  readonly repeatPin: string
  readonly pinsDiffer: string
  readonly badPin: string
  readonly pinChanged: string
  readonly goodbye: string
  counts(fresh: number, saved: number): string
  envelope(one: Envelope): string
}

/** What is told of a message before it is heard. */
export interface Envelope {
  readonly index: number
  readonly count: number
  readonly urgent: boolean
  readonly from: string
  readonly receivedAtMs: number
  readonly durationMs: number
}

/** What stands in an e-mail of a message. */
export interface MailWords {
  /** In which dates are written where the box does not say: BCP 47. */
  readonly dates: string
  /** Between a name and what it names. */
  readonly colon: string
  subject(who: string, length: string, urgent: boolean): string
  readonly from: string
  readonly to: string
  readonly received: string
  readonly length: string
  readonly box: string
  readonly urgent: string
  readonly yes: string
  readonly transcript: string
  readonly listen: string
  /** Who withheld his number. */
  readonly unknownCaller: string
  readonly audio: {
    readonly attached: string
    readonly sealed: string
    readonly large: string
    readonly gone: string
  }
}
