import type { Clock, Ids } from '../core/clock.ts'
import type { RecordingId } from '../core/ids.ts'
import type { Media } from '../core/ports/media.ts'
import type { Log, Metrics } from '../core/ports/observe.ts'
import type { Sip } from '../core/ports/sip.ts'
import type { Speech } from '../core/ports/speech.ts'
import type { Store } from '../core/ports/store.ts'
import type { Web } from '../core/ports/web.ts'

/** Where recordings are written; implemented by recordings/. */
export interface RecordingFiles {
  /** Absolute path for a new recording; its folder exists afterwards. Rejects when it can't be made. */
  pathFor(id: RecordingId, createdAtMs: number): Promise<string>
  /** Absolute path for sound that is not kept; what a crash left is removed at the next start. */
  scratchFor(id: RecordingId): Promise<string>
  /** Removes what a process that died has left there. */
  emptyScratch(): Promise<void>
  /** Removes what was written there; fine when it is gone. */
  discard(scratchPath: string): Promise<void>
  /** Makes the header of a file that a crash left open true again. */
  repair(path: string): Promise<{ durationMs: number; bytes: number }>
}

export interface CallSettings {
  readonly ringTimeoutMs: number
  /** Calls at once; more are refused (`overloaded`). */
  readonly maxCalls?: number
  /** Every answered call ends after this. */
  readonly maxCallMs: number
  /** A call without instructions is kept up, silent, for this long. */
  readonly silentCallMs: number
  /** A call whose browser is gone is kept for this long. */
  readonly parkMs: number
  /** WAV file that a party on hold hears; without it the media side's own tune. */
  readonly holdMusicPath?: string | undefined
  /** Direct `sip:` targets are refused unless the operator listed their host. */
  allowSipTarget(uri: string): boolean
}

/** All that the use cases need from outside. */
export interface Ports {
  readonly store: Store
  readonly sip: Sip
  readonly media: Media
  readonly speech: Speech
  readonly web: Web
  readonly recordingFiles: RecordingFiles
  readonly clock: Clock
  readonly ids: Ids
  /** 0 to less than 1; for chance, not for secrets. */
  random(): number
  readonly log: Log
  readonly metrics: Metrics
  readonly settings: CallSettings
}
