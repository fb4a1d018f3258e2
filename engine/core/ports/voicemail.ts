import type { AccountEventDraft } from '../events.ts'
import type {
  AccountId,
  BoxId,
  CallId,
  DeviceId,
  NumberId,
  RecordingId,
  VoicemailId,
} from '../ids.ts'
import { asUsual, type SpokenIn } from '../spoken-in.ts'
import type { MessageCounts } from './mailbox.ts'
import type { Page } from './page.ts'

/** `unavailable` is heard where no other fits; `name` is spoken inside the usual words. */
export const greetingKinds = ['unavailable', 'busy', 'name'] as const
export type GreetingKind = (typeof greetingKinds)[number]

export type Greeting =
  | { readonly kind: 'text'; readonly text: string }
  /** A sound by URL, or `prompt:<name>`. */
  | { readonly kind: 'url'; readonly url: string }
  /** A WAV in the folder of greetings: recorded by phone, or uploaded. */
  | { readonly kind: 'file'; readonly file: string }

/** What can be said of a box; a new one is as `plainBox`. */
export interface BoxOptions extends SpokenIn {
  /** For people. */
  readonly name: string
  /** Is written to when a message was left. */
  readonly email: string | null
  /** The message goes along with the e-mail. */
  readonly emailAudio: boolean
  /** What becomes of a message that was sent by e-mail. */
  readonly afterEmail: 'keep' | 'save' | 'delete'
  /** Is told when a message was left. */
  readonly webhookUrl: string | null
  readonly maxMessageMs: number
  /** Shorter ones are not kept. */
  readonly minMessageMs: number
  /** New and saved ones together; with so many the box is full. */
  readonly maxMessages: number
  /** Of all new and saved ones together. */
  readonly maxTotalMs: number
  /** So much silence ends a message; 0: none does. */
  readonly silenceMs: number
  /** New and saved ones are deleted for good when they are so old; null: never. */
  readonly retentionDays: number | null
  /** Deleted ones can be had back for so long. */
  readonly keepDeletedDays: number
  /** Whoever leaves a message may hear it again and say it anew. */
  readonly review: boolean
  readonly transcribe: boolean
  /** Its own phones, too, have to enter the PIN, where there is one. */
  readonly pinOnOwnPhones: boolean
  /** Called for who presses 0 in the greeting: a device, or a number; null: nobody. */
  readonly operator: string | null
}

export const plainBox: Omit<BoxOptions, 'name'> = {
  ...asUsual,
  ...{ email: null, emailAudio: true, afterEmail: 'keep' },
  webhookUrl: null,
  maxMessageMs: 180_000,
  minMessageMs: 1_000,
  maxMessages: 100,
  maxTotalMs: 3_600_000,
  silenceMs: 5_000,
  retentionDays: null,
  keepDeletedDays: 7,
  review: true,
  transcribe: false,
  pinOnOwnPhones: true,
  operator: null,
}

export interface VoicemailBox {
  readonly id: BoxId
  readonly accountId: AccountId
  readonly options: BoxOptions
  /** As app/voicemail/pin.ts writes it; null: nobody gets in by phone but from a device of the box. */
  readonly pinHash: string | null
  readonly greetings: Readonly<Partial<Record<GreetingKind, Greeting>>>
  /** Whose messages come here, and whose lamps it lights; each is of one box at most. */
  readonly devices: readonly DeviceId[]
  readonly numbers: readonly NumberId[]
  readonly createdAtMs: number
}

export interface VoicemailBoxes {
  /** Failure `already_exists`: the id, or a device or number that another box has. */
  insert(box: VoicemailBox): Promise<void>
  /** Failure as above. */
  update(box: VoicemailBox): Promise<void>
  /** With the rows of its messages. */
  remove(id: BoxId): Promise<void>
  get(accountId: AccountId, id: BoxId): Promise<VoicemailBox | undefined>
  /** By when they were made. */
  list(accountId: AccountId): Promise<VoicemailBox[]>
  count(accountId: AccountId): Promise<number>
  ofDevice(id: DeviceId): Promise<VoicemailBox | undefined>
  ofNumber(id: NumberId): Promise<VoicemailBox | undefined>
}

/** Where owners find their messages. */
export const voicemailFolders = ['new', 'saved', 'deleted'] as const
export type VoicemailFolder = (typeof voicemailFolders)[number]

/** Why the caller came to the box: as its rules said, or as he called it. */
export const voicemailReasons = ['no-answer', 'busy', 'unreachable', 'always', 'direct'] as const
export type VoicemailReason = (typeof voicemailReasons)[number]

/** A message that somebody left. Its audio and its transcript are those of its recording. */
export interface VoicemailRecord {
  readonly id: VoicemailId
  readonly accountId: AccountId
  readonly boxId: BoxId
  /** Its `source` is `voicemail`. When the recording is removed the message goes with it. */
  readonly recordingId: RecordingId
  /** The call in which it was left. */
  readonly callId: CallId | null
  /** Who left it: E.164 or a device's name, as in `from` of a call. */
  readonly from: string
  /** The caller's name, if his phone gave one. */
  readonly fromName: string | null
  /** Whom he had called. */
  readonly to: string
  readonly reason: VoicemailReason
  readonly receivedAtMs: number
  readonly durationMs: number
  /** `draft`: it is being left, and nobody sees it yet. `new`: nobody has heard it; `saved`: somebody has. */
  readonly folder: VoicemailFolder | 'draft'
  readonly urgent: boolean
  readonly heardAtMs: number | null
  readonly deletedAtMs: number | null
  /** Is deleted for good then; null: never. */
  readonly expiresAtMs: number | null
}

export interface VoicemailFilter extends Page {
  /** Absent: new and saved ones. */
  readonly folder?: VoicemailFolder
}

export interface Voicemails {
  /** Stores the row, new or not, and tells the account's log: in one transaction. */
  save(voicemail: VoicemailRecord, events?: readonly AccountEventDraft[]): Promise<void>
  get(accountId: AccountId, id: VoicemailId): Promise<VoicemailRecord | undefined>
  ofRecording(accountId: AccountId, id: RecordingId): Promise<VoicemailRecord | undefined>
  /** The newest first. */
  list(
    boxId: BoxId,
    filter: VoicemailFilter,
  ): Promise<{ voicemails: VoicemailRecord[]; total: number }>
  /** New and saved ones of the device's box, the newest first. */
  ofDevice(deviceId: DeviceId, limit: number): Promise<VoicemailRecord[]>
  /** New and saved ones. */
  counts(boxId: BoxId): Promise<MessageCounts>
  /** Milliseconds of all new and saved ones. */
  totalMs(boxId: BoxId): Promise<number>
  /** Those that were being left when the process ended. */
  drafts(): Promise<VoicemailRecord[]>
  /** Those whose time is over, the oldest first. */
  expired(nowMs: number, limit: number): Promise<VoicemailRecord[]>
  /** When new and saved ones of a box expire from now on: so long after they were left; null: never. */
  expireAfter(boxId: BoxId, afterMs: number | null): Promise<void>
  remove(voicemail: VoicemailRecord, events?: readonly AccountEventDraft[]): Promise<void>
}
