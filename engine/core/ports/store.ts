import type { AccountLimits } from '../account-limits.ts'
import type { CallRecord, CallStatus, Direction } from '../call.ts'
import type { ConferenceOptions } from '../conference.ts'
import type { DeviceOptions } from '../device-options.ts'
import type {
  AccountEvent,
  AccountEventDraft,
  CallEvent,
  ConferenceEvent,
  EventDraft,
  LoggedEvent,
} from '../events.ts'
import type { ForwardingRules } from '../forwarding.ts'
import type { AccountId, BoxId, CallId, DeviceId, NumberId, TrunkId, WebhookId } from '../ids.ts'
import type { Subscription, SubscriptionKey } from '../subscriptions.ts'
import type { Verb } from '../verbs.ts'
import type { ConferenceSnapshot, Conferences } from './conferences.ts'
import type { IdempotentRequests } from './idempotency.ts'
import type { JournalStore } from './journal.ts'
import type { Keys } from './keys.ts'
import type { Mailboxes, MessageCounts } from './mailbox.ts'
import type { CallRecordStore, MoneyStore, RateStore } from './money.ts'
import type { Page } from './page.ts'
import type { PinTriesStore } from './pin-tries.ts'
import type { PromptStore } from './prompts.ts'
import type { Queues } from './queues.ts'
import type { RecordingLinks } from './recording-links.ts'
import type { RecordingRecord, Recordings } from './recordings.ts'
import type { RegistrationRecord } from './registrations.ts'
import type { TrunkRecord } from './sip.ts'
import type { VoicemailBoxes, Voicemails } from './voicemail.ts'
import type { InstructionFormat } from './web.ts'
import type {
  Attempt,
  BacklogBounds,
  BacklogCut,
  Deliveries,
  EventPage,
  EventQuery,
  Webhooks,
} from './webhooks.ts'

/** By a tone, or by words. */
export const listenNotices = ['beep', 'words'] as const
export type ListenNotice = (typeof listenNotices)[number]

export interface Account {
  readonly id: AccountId
  readonly name: string
  /** Caller ID of calls that name none. */
  readonly defaultNumber: string | null
  /** Record the conversation of trigger calls. */
  readonly recordTriggerCalls: boolean
  /** Absent: none. */
  readonly limits?: AccountLimits
  /** What calls do that say nothing themselves, and where those go on whose application does not answer. Absent: none. */
  readonly application?: DefaultApplication
  /** Absent: active. Suspended, or closed for good: its requests are refused and it has no new calls. */
  readonly status?: 'suspended' | 'closed'
  /** How those who talk are told that a supervisor listens in, whatever he wishes. Absent: as he wishes. */
  readonly listenNotice?: ListenNotice
  /** Absent: as many as the operator gives everybody. */
  readonly requestsPerSecond?: number
  /** The first account, which runs the installation. Said by the store, never stored. */
  readonly isOperator?: true
  /** It asked with a test key: its calls reach the lab carrier alone. Said by the door, never stored. */
  readonly isTest?: true
}

export interface AccountRecord extends Account {
  readonly createdAtMs: number
}

export interface DefaultApplication {
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly format?: InstructionFormat
  /** Asked when `url` can't be. */
  readonly fallbackUrl?: string
}

export interface CallFilter extends Page {
  readonly status?: CallStatus
  readonly direction?: Direction
  readonly from?: string
  readonly to?: string
  /** Exclusive bounds on the call's start (start time, or creation when it never started). */
  readonly startAfterMs?: number
  readonly startBeforeMs?: number
}

/** What an inbound call to a number does. */
export type NumberRoute =
  | { readonly kind: 'verbs'; readonly verbs: readonly Verb[] }
  | {
      readonly kind: 'url'
      readonly url: string
      readonly method: 'GET' | 'POST'
      readonly format?: InstructionFormat
      readonly fallbackUrl?: string
    }
  | { readonly kind: 'device'; readonly username: string }
  | { readonly kind: 'number'; readonly number: string }
  /** Waits in that queue, by name or id; where there is none of that name it is made. */
  | { readonly kind: 'queue'; readonly queue: string }
  /** A message is left in that box of the account; `own`: the number's own, made when there is none. */
  | { readonly kind: 'voicemail'; readonly box: BoxId | 'own' }
  | ConferenceRoute

/** Into the account's live conference of that name; where there is none it is made, with these options. */
export interface ConferenceRoute {
  readonly kind: 'conference'
  readonly name: string
  readonly options?: Partial<ConferenceOptions>
  readonly statusCallback?: string
}

export interface NumberRecord {
  readonly id: NumberId
  readonly accountId: AccountId
  /** E.164; unique over all accounts. */
  readonly number: string
  readonly route: NumberRoute
  readonly createdAtMs: number
  /** Absent: none. They go before those of the device that the route leads to. */
  readonly forwarding?: ForwardingRules
}

export interface DeviceRecord extends Partial<DeviceOptions> {
  readonly id: DeviceId
  readonly accountId: AccountId
  /** SIP user name; unique over all accounts. */
  readonly username: string
  readonly name: string
  /** H(username:realm:password) in MD5 (RFC 2617) and SHA-256 (RFC 7616); the password is not kept. */
  readonly ha1Md5: string
  readonly ha1Sha256: string
  readonly createdAtMs: number
}

/** Where a speed dial leads. */
export type SpeedDialTarget =
  | { readonly kind: 'device'; readonly deviceId: DeviceId }
  /** E.164. */
  | { readonly kind: 'number'; readonly number: string }

/** A short number of an account's own. */
export interface SpeedDialRecord {
  readonly accountId: AccountId
  /** 1 to 6 digits; unique in the account. */
  readonly code: string
  readonly label: string
  readonly target: SpeedDialTarget
  readonly createdAtMs: number
}

/** One webhook that has to arrive. */
export type Delivery = CallDelivery | ConferenceDelivery | WebhookDelivery | BoxDelivery

/** What a webhook tells of: the call, or the conference, as it was at the event. */
export interface CallDelivery extends Addressed {
  /** Of its account: what became of the text of one of its recordings. */
  readonly event: CallEvent | AccountEvent
  readonly call: CallRecord
  /** Then that, as it is when it is told. */
  readonly transcript?: TranscriptTold
  readonly conference?: never
  readonly webhookId?: never
  readonly boxId?: never
}

/** The text of a recording stands nowhere but with it, and is gone with it. */
export interface TranscriptTold {
  /** Undefined: deleted. */
  readonly recording: RecordingRecord | undefined
  /** Where it is shown; null without a dialect that does. */
  readonly url: string | null
}

/** To a webhook of the account: whatever has happened. */
export interface WebhookDelivery extends Addressed {
  readonly webhookId: WebhookId
  readonly event: LoggedEvent
  /** Of the event's call, as it was then. */
  readonly call?: CallRecord
  /** At the end of a call that connects a lead to an agent: the lead's. */
  readonly legs: readonly CallRecord[]
  readonly conference?: never
  readonly boxId?: never
}

/** To the conference's own status callback. */
export interface ConferenceDelivery extends Addressed {
  readonly event: ConferenceEvent
  readonly conference: ConferenceSnapshot
  readonly call?: never
  readonly webhookId?: never
  readonly boxId?: never
}

/** To whom a voicemail box tells of a message: an e-mail, or its own address. */
export interface BoxDelivery extends Addressed {
  readonly boxId: BoxId
  readonly event: LoggedEvent
  readonly call?: never
  readonly conference?: never
  readonly webhookId?: never
}

interface Addressed {
  readonly id: number
  /** As it was given: a subscription's may hold placeholders; `mailto:` is an e-mail. */
  readonly url: string
  /** Host and port of the URL: what a receiver's share of the outbox is counted by. */
  readonly host: string
  /** The id of the dialect that writes it for a subscription or a webhook; null = a status callback. */
  readonly renderer: string | null
  /** The subscription's options as they were at the event; null without one. */
  readonly options: unknown
  readonly attempts: number
  /** From when on it is tried: the event, or when it was to be sent again. */
  readonly sinceMs: number
}

/** Who called and who was called. */
export type CallParties = Pick<CallRecord, 'from' | 'to'>

/**
 * Storage. All reads and writes of one aggregate see each other in program order. Another account's
 * object is answered as undefined, like one that does not exist.
 */
export interface Store {
  readonly accounts: {
    first(): Promise<Account | undefined>
    get(id: AccountId): Promise<Account | undefined>
    insert(account: Account): Promise<void>
    update(account: Account): Promise<void>
    /** In the order in which they were made. */
    list(page: Page): Promise<{ accounts: AccountRecord[]; total: number }>
    record(id: AccountId): Promise<AccountRecord | undefined>
    /**
     * Calls `listener` after each change of an account, and after one of its keys was changed or removed. Returns
     * how to stop that.
     */
    watch(listener: (id: AccountId) => void): () => void
    /** The key that signs the account's webhooks; made when the account is inserted. */
    webhookSecret(id: AccountId): Promise<string | undefined>
    /** By SHA-256 (hex) of the whole key. */
    byKeyHash(hash: string): Promise<Account | undefined>
    /** One for everything, unless it is a test key. */
    insertKey(key: {
      hash: string
      accountId: AccountId
      hint: string
      createdAtMs: number
      isTest?: boolean
    }): Promise<void>
  }
  readonly keys: Keys
  readonly idempotency: IdempotentRequests
  readonly calls: {
    /**
     * Stores the call's new row, appends the events to the account's log, and makes deliveries: of each
     * `call.*` event if the call has a status_callback, of its beginning and end for those who
     * subscribed to its number, and of what the account's webhooks want. What the new row holds more money for than the old one is taken from the
     * account's balance, and with its end what it costs: Failure `insufficient_credits`, also when there is not
     * `coverMicro` more than that. All in one transaction.
     */
    commit(
      call: CallRecord,
      events: readonly EventDraft[],
      options?: { readonly coverMicro?: number },
    ): Promise<void>
    get(accountId: AccountId, id: CallId): Promise<CallRecord | undefined>
    list(accountId: AccountId, filter: CallFilter): Promise<{ calls: CallRecord[]; total: number }>
    /** Of those of them that are the account's. */
    parties(accountId: AccountId, ids: readonly CallId[]): Promise<ReadonlyMap<CallId, CallParties>>
    children(parentId: CallId): Promise<CallRecord[]>
    /** The newest of a device, and all that it has now, whenever they began; the newest first. */
    ofDevice(accountId: AccountId, deviceId: DeviceId, limit: number): Promise<CallRecord[]>
    /** Calls of any device of the account that are not over. */
    liveOfDevices(accountId: AccountId): Promise<CallRecord[]>
    /** Calls that were not final when the process ended. */
    unfinished(): Promise<CallRecord[]>
  }
  readonly journal: JournalStore
  readonly money: MoneyStore
  readonly rates: RateStore
  readonly callRecords: CallRecordStore
  readonly events: {
    ofCall(accountId: AccountId, callId: CallId): Promise<CallEvent[]>
    /** All of the account's log, by its numbers. */
    after(accountId: AccountId, sequence: number, limit: number): Promise<LoggedEvent[]>
    /** A part of it; when only some events are wanted it may be empty although there is more. */
    page(accountId: AccountId, query: EventQuery): Promise<EventPage>
    /** Removes events of calls that are older than that, so many at most; how many. */
    sweep(accountId: AccountId, beforeMs: number, limit: number): Promise<number>
    /** Tells what is not of a call. */
    append(accountId: AccountId, events: readonly AccountEventDraft[]): Promise<void>
    /** The number of the account's last event; 0 before the first. */
    last(accountId: AccountId): Promise<number>
    /** Calls `listener` after each commit that wrote to a log. Returns how to stop that. */
    watch(listener: (accountId: AccountId) => void): () => void
  }
  readonly outbox: {
    /**
     * Due deliveries, at most one (the oldest open one) per call and receiver, so that order is kept;
     * without those that are `skip`ped.
     */
    due(
      nowMs: number,
      limit: number,
      skip?: { readonly ids?: readonly number[]; readonly hosts?: readonly string[] },
    ): Promise<Delivery[]>
    delivered(id: number, attempt?: Attempt): Promise<void>
    retryAt(id: number, atMs: number, error: string, attempt?: Attempt): Promise<void>
    /** Not tried before then; that is no attempt. */
    putOff(id: number, atMs: number): Promise<void>
    /** Given up: also writes `webhook.failed`, of a conference `conference.webhook-failed`, to the log. */
    dead(id: number, error: string, attempt?: Attempt): Promise<void>
    /**
     * Where more of an account wait than that, the oldest for its receiver with the most waiting are given up, which
     * the log tells as `webhook.backlog-full`; where more are dead, the oldest of them are removed.
     */
    cut(bounds: BacklogBounds): Promise<BacklogCut[]>
    /** The earliest due time, of those later than `afterMs` if given; undefined = there is none. */
    nextDueMs(afterMs?: number): Promise<number | undefined>
    /** Calls `listener` after each commit that made deliveries. Returns how to stop that. */
    watch(listener: () => void): () => void
  }
  readonly deliveries: Deliveries
  readonly webhooks: Webhooks
  readonly recordings: Recordings
  readonly recordingLinks: RecordingLinks
  readonly numbers: {
    /** Failure `already_exists`. */
    insert(number: NumberRecord): Promise<void>
    get(accountId: AccountId, id: NumberId): Promise<NumberRecord | undefined>
    byNumber(number: string): Promise<NumberRecord | undefined>
    list(accountId: AccountId): Promise<NumberRecord[]>
    count(accountId: AccountId): Promise<number>
    update(number: NumberRecord): Promise<void>
    remove(id: NumberId): Promise<void>
  }
  readonly subscriptions: {
    /**
     * There is one for each key: a new one takes the place of the old one. Failure `from_not_owned`: the
     * number is not the account's, or not any more.
     */
    set(subscription: Subscription): Promise<void>
    remove(key: SubscriptionKey): Promise<void>
    /** They go away with their number. */
    ofNumber(accountId: AccountId, number: string): Promise<Subscription[]>
  }
  readonly devices: {
    insert(device: DeviceRecord): Promise<void>
    get(accountId: AccountId, id: DeviceId): Promise<DeviceRecord | undefined>
    byUsername(username: string): Promise<DeviceRecord | undefined>
    /** They take the place of those that it had. */
    setOptions(id: DeviceId, options: Partial<DeviceOptions>): Promise<void>
    /** Changes the stored hashes of its password. */
    setPassword(id: DeviceId, ha1: Pick<DeviceRecord, 'ha1Md5' | 'ha1Sha256'>): Promise<void>
    list(accountId: AccountId): Promise<DeviceRecord[]>
    count(accountId: AccountId): Promise<number>
    remove(id: DeviceId): Promise<void>
  }
  readonly prompts: PromptStore
  readonly speedDials: {
    /** Failure `already_exists`. */
    insert(speedDial: SpeedDialRecord): Promise<void>
    get(accountId: AccountId, code: string): Promise<SpeedDialRecord | undefined>
    /** By code, shorter ones first. */
    list(accountId: AccountId): Promise<SpeedDialRecord[]>
    /** Changes label and target. */
    update(speedDial: SpeedDialRecord): Promise<void>
    remove(accountId: AccountId, code: string): Promise<void>
  }
  readonly registrations: {
    /** Both are done in the order of the calls; several may be one transaction. */
    save(registration: RegistrationRecord): Promise<void>
    remove(deviceId: DeviceId, contact: string): Promise<void>
    all(): Promise<RegistrationRecord[]>
  }
  readonly trunks: {
    insert(trunk: TrunkRecord): Promise<void>
    get(id: TrunkId): Promise<TrunkRecord | undefined>
    list(): Promise<TrunkRecord[]>
    update(trunk: TrunkRecord): Promise<void>
    remove(id: TrunkId): Promise<void>
  }
  readonly voicemailBoxes: VoicemailBoxes
  readonly voicemails: Voicemails
  readonly pinTries: PinTriesStore
  readonly conferences: Conferences
  readonly queues: Queues
  readonly mailboxes: Mailboxes & {
    /** What somebody else's voicemail tells; messages of our own come on top of it. */
    set(deviceId: DeviceId, counts: MessageCounts, atMs: number): Promise<void>
  }
  /** Why nothing can be stored at the moment, if so; what is asked meanwhile waits a while. */
  trouble(): string | undefined
  close(): Promise<void>
}

export type { RegistrationRecord } from './registrations.ts'
