import type { Clock, Ids } from '../core/clock.ts'
import type { RecordingId } from '../core/ids.ts'
import type { GreetingFiles } from '../core/ports/greetings.ts'
import type { Media } from '../core/ports/media.ts'
import type { Music } from '../core/ports/music.ts'
import type { Log, Metrics } from '../core/ports/observe.ts'
import type {
  ByteRange,
  OpenRecording,
  RecordingFormat,
  RecordingRecord,
  SealedFile,
} from '../core/ports/recordings.ts'
import type { Sip } from '../core/ports/sip.ts'
import type { Speech } from '../core/ports/speech.ts'
import type { Store } from '../core/ports/store.ts'
import type { Web } from '../core/ports/web.ts'
import type { RecordingSteps } from './recordings/kept.ts'
import type { DiskSpace, LeastSpace } from './recordings/space.ts'
import type { Recogniser } from './speech/recogniser.ts'

/** What is left of a file. */
export interface CutRecording {
  readonly durationMs: number
  readonly bytes: number
  /** So much was left out before it. */
  readonly beginsMs?: number
}

/** Where recordings are written; implemented by recordings/. */
export interface RecordingFiles {
  /** Absolute path for a new recording; its folder exists afterwards. Rejects when it can't be made. */
  pathFor(id: RecordingId, createdAtMs: number, format?: RecordingFormat): Promise<string>
  /** How much room is left for them. Rejects when that can't be found out. */
  space(): Promise<DiskSpace>
  /** Absolute path for sound that is not kept; what a crash left is removed at the next start. */
  scratchFor(id: RecordingId): Promise<string>
  /** Removes what a process that died has left there. */
  emptyScratch(): Promise<void>
  /** Removes what was written there; fine when it is gone. */
  discard(scratchPath: string): Promise<void>
  /** Makes the header of a file that a crash left open true again. */
  repair(path: string): Promise<{ durationMs: number; bytes: number }>
  /**
   * Makes what the phone said, the left channel, a file of its own in its place; with `trim` without the silence
   * around it. Undefined, and the file is gone, when nobody has spoken.
   */
  finishMessage(path: string, trim: boolean): Promise<CutRecording | undefined>
  /** Leaves out the silence around what is said, in a file with one channel. Undefined: nobody speaks in it, it is as it was. */
  trimSilence(path: string): Promise<CutRecording | undefined>
  /**
   * Makes a whole file final: it is safely on the disk, and encrypted beside itself if the account wants that. After a
   * crash it can be done again. Failure `not_found`: there is no such file.
   */
  seal(recording: RecordingRecord): Promise<SealedFile>
  /** Removes the plain file of an encrypted recording; fine when it is gone. */
  settle(recording: RecordingRecord): Promise<void>
  /**
   * The plain audio, or a part of it, wherever it is. Failure `not_found`: there is none any more; `recording_sealed`:
   * it is encrypted with a key that the engine lacks; `recording_damaged`: it is not what was sealed.
   */
  open(recording: RecordingRecord, range?: ByteRange): Promise<OpenRecording>
  /** Removes its audio everywhere, and what was made of it beside its file; fine when it is gone. */
  erase(recording: RecordingRecord): Promise<void>
}

/** How recordings are made where nothing else is said. */
export interface RecordingSettings {
  readonly format: RecordingFormat
  /** 0: never. */
  readonly beepEveryMs: number
  /** Said before a recording begins. */
  readonly announcement?: string | undefined
  readonly leastSpace: LeastSpace
}

export interface CallSettings {
  /** Absent: WAV, without a beep. */
  readonly recording?: RecordingSettings
  readonly ringTimeoutMs: number
  /** Calls at once; more are refused (`overloaded`). */
  readonly maxCalls?: number
  /** Every answered call ends after this. */
  readonly maxCallMs: number
  /** A call without instructions is kept up, silent, for this long. */
  readonly silentCallMs: number
  /** A call whose browser is gone is kept for this long. */
  readonly parkMs: number
  /** So long before its end a call is told that the balance ends it; default 60 s. */
  readonly creditNoticeMs?: number
  /** Where the audio of a recording can be fetched; null or absent: nowhere. */
  recordingUrl?(id: RecordingId): string | null
  /** Direct `sip:` targets are refused unless the operator listed their host. */
  allowSipTarget(uri: string): boolean
}

/** All that the use cases need from outside. */
export interface Ports {
  readonly store: Store
  readonly sip: Sip
  readonly media: Media
  readonly speech: Speech
  /** Undefined: no model is set that can. */
  readonly recogniser?:
    | Pick<Recogniser, 'hasLanguage' | 'hold' | 'isIdle' | 'recognise' | 'unavailableBecause'>
    | undefined
  readonly web: Web
  /** Undefined: the operator has no folder of music. */
  readonly music?: Music | undefined
  readonly recordingFiles: RecordingFiles
  readonly greetingFiles: GreetingFiles
  readonly recordingSteps: RecordingSteps
  readonly clock: Clock
  readonly ids: Ids
  /** 0 to less than 1; for chance, not for secrets. */
  random(): number
  readonly log: Log
  readonly metrics: Metrics
  readonly settings: CallSettings
}
