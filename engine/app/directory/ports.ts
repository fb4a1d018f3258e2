import type { Clock, Ids } from '../../core/clock.ts'
import type { DeviceId } from '../../core/ids.ts'
import type { GreetingFiles } from '../../core/ports/greetings.ts'
import type { PromptFiles } from '../../core/ports/prompts.ts'
import type {
  ByteRange,
  DeletionReason,
  OpenRecording,
  RecordingRecord,
} from '../../core/ports/recordings.ts'
import type { Sip } from '../../core/ports/sip.ts'
import type { Speech } from '../../core/ports/speech.ts'
import type { Store } from '../../core/ports/store.ts'
import type { Web } from '../../core/ports/web.ts'
import type { Recogniser } from '../speech/recogniser.ts'

/** Finished recordings as files. */
export interface RecordingMedia {
  /** Undefined when the file is gone. */
  stat(path: string): Promise<{ bytes: number; modifiedMs: number } | undefined>
  /** As RecordingFiles.open: the plain audio of a recording, or a part of it, wherever it is. */
  open(recording: RecordingRecord, range?: ByteRange): Promise<OpenRecording>
  /** The same of an encrypted one as it is, with its wrapped key; undefined: it is not encrypted. */
  openSealed(recording: RecordingRecord, range?: ByteRange): Promise<OpenRecording | undefined>
  /** Bytes `start` to `end`, both inclusive. */
  read(path: string, start: number, end: number): NodeJS.ReadableStream
  /** Fine when the file is gone already. */
  remove(path: string): Promise<void>
}

/** What the directory's use cases need from outside. */
export interface DirectoryPorts {
  readonly store: Store
  readonly web: Pick<Web, 'checkUrl' | 'checkPromptUrl' | 'checkSocketUrl' | 'prompt'>
  readonly speech: Pick<Speech, 'unavailableBecause' | 'voiceNamed' | 'check'>
  readonly recogniser?: Pick<Recogniser, 'unavailableBecause'> | undefined
  readonly clock: Pick<Clock, 'nowMs'>
  readonly ids: Ids
  readonly recordingMedia: RecordingMedia
  /** Failures `not_found`, `recording_in_progress`, `recording_on_hold`. */
  deleteRecording(recording: RecordingRecord, reason: DeletionReason): Promise<void>
  /** By which the public key (PEM) of recordings is named. Failure `invalid_request`: nothing can be encrypted for it. */
  recordingKeyId(pem: string): string
  readonly promptFiles: PromptFiles
  readonly greetingFiles: Pick<GreetingFiles, 'remove'>
  /** The realm of digest authentication: part of what is stored of a password. */
  readonly realm: string
  /** The lamps of the device are told. */
  mailboxChanged(deviceId: DeviceId, username: string): void
  /** As Sip.forgetDevice. */
  forgetDevice(id: DeviceId, because: 'deleted' | 'password'): void
  /** E-mails can be sent from here. */
  readonly sendsMail: boolean
  readonly sipTrunks: Pick<Sip, 'trunksChanged' | 'trunkStatus'>
  /** A fresh device password of at least 20 characters from a secure source. */
  newPassword(): string
}
