import type { AccountEventDraft } from '../events.ts'
import type { AccountId, CallId, ConferenceId, RecordingId } from '../ids.ts'
import type { ChainEntry, ChainHead } from '../recording-chain.ts'
import type { RecordingSettings } from '../recording-settings.ts'
import type { Page } from './page.ts'

/** What was recorded: both sides of a call, one leg of it, a room, what somebody said when asked to, or for a voicemail box. */
export const recordingSources = ['call', 'leg', 'conference', 'message', 'voicemail'] as const
export type RecordingSource = (typeof recordingSources)[number]

export const recordingFormats = ['wav', 'opus'] as const
export type RecordingFormat = (typeof recordingFormats)[number]

export const recordingSpanKinds = ['paused', 'masked', 'lost'] as const

/**
 * A stretch in which the recording did not hear what was said, in ms of the file's own time. A pause has no length
 * there: `heldMs` is how long it was. `lost`: silence in place of what nobody wrote, as the media thread had died.
 */
export interface RecordingSpan {
  readonly kind: (typeof recordingSpanKinds)[number]
  readonly startMs: number
  readonly endMs: number
  readonly heldMs?: number
}

/** Where the audio of a whole recording is. Absent: in the folder of recordings. */
export const recordingPlaces = ['folder', 'bucket', 'both'] as const
export type RecordingPlace = (typeof recordingPlaces)[number]

export const transcriptStatuses = ['pending', 'completed', 'failed'] as const
export type TranscriptStatus = (typeof transcriptStatuses)[number]

export interface TranscriptSegment {
  readonly startMs: number
  readonly endMs: number
  /** Whose words: 0 is the left channel. */
  readonly channel: number
  readonly text: string
}

export interface Transcript {
  /** All that was said, in the order of time. */
  readonly text: string
  readonly segments: readonly TranscriptSegment[]
  /** BCP 47, where the model tells it. */
  readonly language?: string
  /** How sure the model is of its words, 0 to 1, where it tells that. */
  readonly confidence?: number
}

/** The recording itself: written by whoever makes it (`save`). */
export interface RecordingRecord extends Partial<KeptRecording> {
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
  /** Absent: of a call, or of a conference when there is no call. */
  readonly source?: RecordingSource
  /** Absent: WAV. */
  readonly format?: RecordingFormat
  /** Absent: 8000. */
  readonly rateHz?: number
  /** In the order of time; absent: none. */
  readonly spans?: readonly RecordingSpan[]
}

/**
 * What is found out or wished later, by steps that know nothing of each other: each writes its own fields with `amend`,
 * and `save` leaves them alone.
 */
export interface KeptRecording {
  /** SHA-256 (hex) of the file as it was sealed. */
  readonly sha256: string
  /** Present: the file is encrypted; how, and the wrapped key. Its shape is that of whoever sealed it. */
  readonly encryption: Readonly<Record<string, unknown>>
  readonly place: RecordingPlace
  /** An upload under way, to be resumed; its shape is the storage's. */
  readonly upload: Readonly<Record<string, unknown>>
  readonly uploadedAtMs: number
  /** Present: under legal hold, and why; nobody deletes it. */
  readonly holdReason: string
  /** Kept until then, whatever the account's retention says. */
  readonly retainUntilMs: number
  /** Its deletion has begun, and will be finished. */
  readonly deletingAtMs: number
  /** Absent: nobody asked for one. */
  readonly transcriptStatus: TranscriptStatus
  readonly transcript: Transcript
  /** Why there is none. */
  readonly transcriptFailure: string
}

/** Null takes a field away; one that is absent stays. */
export type RecordingChange = {
  readonly [Key in Exclude<keyof KeptRecording, 'deletingAtMs'>]?: KeptRecording[Key] | null
}

export interface RecordingFilter extends Page {
  readonly callId?: CallId
  readonly conferenceId?: ConferenceId
  readonly status?: RecordingRecord['status']
  readonly source?: RecordingSource
  /** Exclusive, of when it was made. */
  readonly madeAfterMs?: number
  readonly madeBeforeMs?: number
  /** Inclusive. */
  readonly minDurationMs?: number
  readonly maxDurationMs?: number
  /** Stands in the text of its transcript, in either case. */
  readonly said?: string
}

/** Who has a recording deleted, and why: in words for the chain, which tells it as long as it is kept. */
export interface DeletionReason {
  readonly by: 'api' | 'retention' | 'phone' | 'page'
  readonly why: string
}

/** A whole recording as it is entered in the chain. */
export type SealedFile = Pick<KeptRecording, 'sha256'> & Partial<Pick<KeptRecording, 'encryption'>>

/** Bytes of the plain audio, both inclusive. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/** The plain audio of a recording, or a part of it. */
export interface OpenRecording {
  /** Of the whole audio. */
  readonly bytes: number
  readonly stream: NodeJS.ReadableStream
}

export interface Recordings {
  readonly settings: {
    /** Empty when there are none. */
    get(accountId: AccountId): Promise<RecordingSettings>
    /** They take the place of those that it had. */
    set(accountId: AccountId, settings: RecordingSettings): Promise<void>
  }
  readonly chain: {
    head(accountId: AccountId): Promise<ChainHead | undefined>
    /** Those after that number, in order. */
    entries(accountId: AccountId, after: number, limit: number): Promise<ChainEntry[]>
    /** The database is older than what was known of the chain: `known`, which is told in it. */
    setBack(accountId: AccountId, known: ChainHead, atMs: number): Promise<void>
  }
  /**
   * The recording is over, and its file is sealed: its row, what is kept of it and its entry in the account's chain, in
   * one transaction. It is `unsettled` from then on.
   */
  keep(recording: RecordingRecord, sealed: SealedFile, atMs: number): Promise<void>
  /** Those whose later steps are not all done, the oldest first. */
  unsettled(): Promise<RecordingRecord[]>
  /** They are. */
  settle(id: RecordingId): Promise<void>
  /**
   * From here on it can be neither found nor heard, and its key is gone; the chain tells it. Whoever waits for its text is
   * told that there will be none. `held`: somebody holds it, and it is as it was.
   */
  beginDeletion(
    recording: Pick<RecordingRecord, 'id' | 'accountId'>,
    reason: DeletionReason,
    atMs: number,
  ): Promise<'begun' | 'held' | 'gone'>
  /** Those whose deletion has begun, the oldest first. */
  deleting(limit: number): Promise<RecordingRecord[]>
  /** Of the account, not held, and made before that; or kept until a time that is over. Oldest first. */
  expired(
    accountId: AccountId,
    times: { readonly madeBeforeMs: number | undefined; readonly nowMs: number },
    limit: number,
  ): Promise<RecordingRecord[]>
  /** Sealed, and not uploaded yet; the oldest first. */
  toUpload(
    limit: number,
    after?: Pick<RecordingRecord, 'id' | 'createdAtMs'>,
  ): Promise<RecordingRecord[]>
  /** Whole, and somebody wants their text; the oldest first. */
  toTranscribe(limit: number): Promise<RecordingRecord[]>
  /** Without the fields of KeptRecording, which stay as they are. */
  save(recording: RecordingRecord): Promise<void>
  /** No-op for a recording that is not there. */
  amend(id: RecordingId, change: RecordingChange): Promise<void>
  /**
   * What became of its text, with the event that tells it and whoever wants to be told, in one transaction. False: it is
   * deleted or about to be, and nothing is written.
   */
  transcribed(
    recording: Pick<RecordingRecord, 'id' | 'accountId'>,
    change: RecordingChange,
    event: AccountEventDraft,
  ): Promise<boolean>
  /** Not those that are being deleted; nor does `list`. */
  get(accountId: AccountId, id: RecordingId): Promise<RecordingRecord | undefined>
  list(
    accountId: AccountId,
    filter: RecordingFilter,
  ): Promise<{ recordings: RecordingRecord[]; total: number }>
  remove(id: RecordingId): Promise<void>
  unfinished(): Promise<RecordingRecord[]>
}
