import type { AccountLimits } from '../account-limits.ts'
import type { CallRecord, CallStatus, Direction } from '../call.ts'
import type { ConferenceOptions } from '../conference.ts'
import type { DeviceOptions } from '../device-options.ts'
import type {
  AccountEventDraft,
  CallEvent,
  ConferenceEvent,
  EventDraft,
  LoggedEvent,
} from '../events.ts'
import type {
  AccountId,
  CallId,
  ConferenceId,
  DeviceId,
  NumberId,
  RecordingId,
  TrunkId,
} from '../ids.ts'
import type { Subscription, SubscriptionKey } from '../subscriptions.ts'
import type { Verb } from '../verbs.ts'
import type { ConferenceSnapshot, Conferences } from './conferences.ts'
import type { JournalStore } from './journal.ts'
import type { Mailboxes, MessageCounts } from './mailbox.ts'
import type { Page } from './page.ts'
import type { RegistrationRecord } from './registrations.ts'
import type { TrunkRecord } from './sip.ts'
import type { Voicemails } from './voicemail.ts'

export interface Account {
  readonly id: AccountId
  readonly name: string
  /** Caller ID of calls that name none. */
  readonly defaultNumber: string | null
  /** Record the conversation of trigger calls. */
  readonly recordTriggerCalls: boolean
  /** Absent: none. */
  readonly limits?: AccountLimits
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

export interface RecordingRecord {
  readonly id: RecordingId
  readonly accountId: AccountId
  /** Null: of a whole conference. */
  readonly callId: CallId | null
  /** The conference in which it was made, if any. */
  readonly conferenceId?: ConferenceId
  readonly status: 'in-progress' | 'completed' | 'failed'
  readonly failure: string | null
  readonly path: string
  /** Calls: one for each side; conferences: all that was heard, in one. */
  readonly channels: 1 | 2
  readonly durationMs: number | null
  readonly bytes: number | null
  readonly createdAtMs: number
}

export interface RecordingFilter extends Page {
  readonly callId?: CallId
  readonly conferenceId?: ConferenceId
  readonly status?: RecordingRecord['status']
}

/** What an inbound call to a number does. */
export type NumberRoute =
  | { readonly kind: 'verbs'; readonly verbs: readonly Verb[] }
  | { readonly kind: 'url'; readonly url: string; readonly method: 'GET' | 'POST' }
  | { readonly kind: 'device'; readonly username: string }
  | { readonly kind: 'number'; readonly number: string }
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
export type Delivery = CallDelivery | ConferenceDelivery

/** What a webhook tells of: the call, or the conference, as it was at the event. */
export interface CallDelivery extends Addressed {
  readonly event: CallEvent
  readonly call: CallRecord
  readonly conference?: never
}

/** To the conference's own status callback. */
export interface ConferenceDelivery extends Addressed {
  readonly event: ConferenceEvent
  readonly conference: ConferenceSnapshot
  readonly call?: never
}

interface Addressed {
  readonly id: number
  /** As it was given: a subscription's may hold placeholders. */
  readonly url: string
  /** Host and port of the URL: what a receiver's share of the outbox is counted by. */
  readonly host: string
  /** The id of the dialect that writes it for a subscription; null = the call's own status callback. */
  readonly renderer: string | null
  /** The subscription's options as they were at the event; null without one. */
  readonly options: unknown
  readonly attempts: number
}

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
    /** The key that signs the account's webhooks; made when the account is inserted. */
    webhookSecret(id: AccountId): Promise<string | undefined>
    /** By SHA-256 (hex) of the whole key. */
    byKeyHash(hash: string): Promise<Account | undefined>
    insertKey(key: {
      hash: string
      accountId: AccountId
      hint: string
      createdAtMs: number
    }): Promise<void>
  }
  readonly calls: {
    /**
     * Stores the call's new row, appends the events to the account's log, and makes deliveries: of each
     * `call.*` event if the call has a status_callback, and of its beginning and end for those who
     * subscribed to its number. All in one transaction.
     */
    commit(call: CallRecord, events: readonly EventDraft[]): Promise<void>
    get(accountId: AccountId, id: CallId): Promise<CallRecord | undefined>
    list(accountId: AccountId, filter: CallFilter): Promise<{ calls: CallRecord[]; total: number }>
    children(parentId: CallId): Promise<CallRecord[]>
    /** The newest of a device, and all that it has now, whenever they began; the newest first. */
    ofDevice(accountId: AccountId, deviceId: DeviceId, limit: number): Promise<CallRecord[]>
    /** Calls of any device of the account that are not over. */
    liveOfDevices(accountId: AccountId): Promise<CallRecord[]>
    /** Calls that were not final when the process ended. */
    unfinished(): Promise<CallRecord[]>
  }
  readonly journal: JournalStore
  readonly events: {
    ofCall(accountId: AccountId, callId: CallId): Promise<CallEvent[]>
    /** All of the account's log, by its numbers. */
    after(accountId: AccountId, sequence: number, limit: number): Promise<LoggedEvent[]>
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
    delivered(id: number): Promise<void>
    retryAt(id: number, atMs: number, error: string): Promise<void>
    /** Given up: also writes `webhook.failed` to the call's log. */
    dead(id: number, error: string): Promise<void>
    /** The earliest due time, of those later than `afterMs` if given; undefined = there is none. */
    nextDueMs(afterMs?: number): Promise<number | undefined>
    /** Calls `listener` after each commit that made deliveries. Returns how to stop that. */
    watch(listener: () => void): () => void
  }
  readonly recordings: {
    save(recording: RecordingRecord): Promise<void>
    get(accountId: AccountId, id: RecordingId): Promise<RecordingRecord | undefined>
    list(
      accountId: AccountId,
      filter: RecordingFilter,
    ): Promise<{ recordings: RecordingRecord[]; total: number }>
    remove(id: RecordingId): Promise<void>
    unfinished(): Promise<RecordingRecord[]>
  }
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
  readonly voicemails: Voicemails
  readonly conferences: Conferences
  readonly mailboxes: Mailboxes & {
    /** What somebody else's voicemail tells; messages of our own come on top of it. */
    set(deviceId: DeviceId, counts: MessageCounts, atMs: number): Promise<void>
  }
  close(): Promise<void>
}

export type { RegistrationRecord } from './registrations.ts'
