import type { Callback } from '../../core/callbacks.ts'
import type {
  ConferenceOptions,
  ConferenceRecord,
  ConferenceStatus,
  Participant,
  ParticipantOptions,
} from '../../core/conference.ts'
import type { ConferenceEvent } from '../../core/events.ts'
import type { AccountId, CallId, ConferenceId, RecordingId } from '../../core/ids.ts'
import type { MemberLevel } from '../../core/ports/media.ts'
import type { Page } from '../../core/ports/page.ts'
import type { Account } from '../../core/ports/store.ts'
import type { RecordControl } from '../actions/record-control.ts'
import type { ShownMode } from '../recordings/mode.ts'

/** A conference as it is now. */
export interface ConferenceNow {
  readonly record: ConferenceRecord
  /** Connected members. */
  readonly participantCount: number
  /** Who is the loudest. */
  readonly activeSpeaker: CallId | null
  /** The recording that runs. */
  readonly recordingId: RecordingId | null
  /** Null: none runs. */
  readonly recordingMode: ShownMode | null
}

/** Of a recording that runs; `callId`: of that member alone. */
export interface WantedRecordingMode extends Pick<RecordControl, 'maskWith'> {
  readonly action: 'pause' | 'mask' | 'resume'
  readonly callId?: CallId
}

export interface RunningRecordingNow {
  readonly recordingId: RecordingId
  readonly mode: ShownMode
}

export interface NewConference {
  readonly friendlyName?: string
  readonly options?: Partial<ConferenceOptions>
  readonly statusCallback?: string
  /** Told beside that by form. */
  readonly callbacks?: readonly Callback[]
}

/** What is not said stays. */
export interface ConferenceChange extends Partial<ConferenceOptions> {
  readonly friendlyName?: string
  /** Null: nobody is told. */
  readonly statusCallback?: string | null
}

/** Without a page: all that are live and the last 100 that are over. */
export interface ConferenceFilter extends Partial<Page> {
  readonly status?: ConferenceStatus
}

/** Somebody to be called into a conference. */
export interface NewParticipant extends Partial<ParticipantOptions> {
  /** Of his call, as in PlaceCall. */
  readonly id?: CallId
  /** E.164, `sip:` URI or device name. */
  readonly to: string
  readonly from: string
  readonly ringTimeoutMs?: number
  /** The room hears his phone ring, and what it says before it is answered. */
  readonly earlyMedia?: boolean
  /** `X-` headers and User-to-User of the INVITE. */
  readonly headers?: Readonly<Record<string, string>>
}

/** What is said or played: to all, or to one member in place of what he hears. */
export interface ConferenceSound {
  readonly to?: CallId
  /** One of the two. */
  readonly url?: string
  readonly text?: string
  readonly markup?: 'ssml'
  readonly voice?: string
  readonly loop?: number
}

/** Something that has changed, for whoever looks on: a page. Never more than 10 a second of one conference. */
export type ConferenceNews =
  /** First, and whenever much has changed: all that there is. */
  | {
      readonly is: 'all'
      readonly conference: ConferenceNow
      readonly participants: readonly Participant[]
    }
  | { readonly is: 'conference'; readonly conference: ConferenceNow }
  /** Came, or is another than before. */
  | { readonly is: 'participants'; readonly participants: readonly Participant[] }
  | { readonly is: 'gone'; readonly callIds: readonly CallId[] }
  /** Those whose level is another than before, five times a second while anybody follows. */
  | { readonly is: 'levels'; readonly levels: readonly MemberLevel[] }
  | { readonly is: 'ended' }

export interface ConferenceFollower {
  tell(news: ConferenceNews): void
  end(): void
}

/**
 * What the APIs can ask of conferences. Every function rejects with a Failure for an expected refusal. Another
 * account's conference is `not_found`; changes of one that is over are `conference_ended`.
 */
export interface ConferenceDesk {
  create(account: Account, wanted: NewConference): Promise<ConferenceRecord>
  get(account: AccountId, id: ConferenceId): Promise<ConferenceNow>
  /** Newest first. */
  list(
    account: AccountId,
    filter: ConferenceFilter,
  ): Promise<{ conferences: readonly ConferenceNow[]; total: number }>
  /** Failure `invalid_request` for a change that its members do not allow. */
  change(account: AccountId, id: ConferenceId, change: ConferenceChange): Promise<ConferenceNow>
  /** Hangs everybody up; resolves when it is over. One that is over stays as it is. */
  end(account: AccountId, id: ConferenceId): Promise<ConferenceNow>
  /** What is kept of its log, oldest first. */
  eventsOf(account: AccountId, id: ConferenceId): Promise<readonly ConferenceEvent[]>

  participants(account: AccountId, id: ConferenceId): Promise<readonly Participant[]>
  participant(account: AccountId, id: ConferenceId, callId: CallId): Promise<Participant>
  /** Calls somebody. Failures of `originate`, `conference_full`, `conference_locked`. */
  invite(account: Account, id: ConferenceId, wanted: NewParticipant): Promise<Participant>
  /**
   * A call of the account that is up joins, out of whatever it was doing. Failures `call_not_answered`, `call_ended`,
   * `conference_full`, `conference_locked`.
   */
  bring(
    account: AccountId,
    id: ConferenceId,
    callId: CallId,
    options: Partial<ParticipantOptions>,
  ): Promise<Participant>
  changeParticipant(
    account: AccountId,
    id: ConferenceId,
    callId: CallId,
    options: Partial<ParticipantOptions>,
  ): Promise<Participant>
  /** Hangs a member up. */
  kick(account: AccountId, id: ConferenceId, callId: CallId): Promise<void>

  /** Begins to play; a new sound ends the one before. Failures of prompts and of speech. */
  play(account: AccountId, id: ConferenceId, sound: ConferenceSound): Promise<void>
  stopPlaying(account: AccountId, id: ConferenceId, to?: CallId): Promise<void>
  /** Of the conference, or with `callId` of one member alone. Failures `already_exists` when it is recorded already, `disk_low`. */
  startRecording(account: AccountId, id: ConferenceId, callId?: CallId): Promise<RecordingId>
  stopRecording(account: AccountId, id: ConferenceId, callId?: CallId): Promise<void>
  /** What is so already stays. Failure `not_recording`. */
  setRecording(
    account: AccountId,
    id: ConferenceId,
    wanted: WantedRecordingMode,
  ): Promise<RunningRecordingNow>

  levels(account: AccountId, id: ConferenceId): Promise<readonly MemberLevel[]>
  /** Returns how to stop. Failures `not_found`, `limit_reached`. */
  follow(account: AccountId, id: ConferenceId, follower: ConferenceFollower): Promise<() => void>
}
