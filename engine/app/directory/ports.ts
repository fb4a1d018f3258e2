import type { Clock, Ids } from '../../core/clock.ts'
import type { DeviceId } from '../../core/ids.ts'
import type { Sip } from '../../core/ports/sip.ts'
import type { Store } from '../../core/ports/store.ts'
import type { Web } from '../../core/ports/web.ts'

/** Finished recordings as files. */
export interface RecordingMedia {
  /** Undefined when the file is gone. */
  stat(path: string): Promise<{ bytes: number; modifiedMs: number } | undefined>
  /** Bytes `start` to `end`, both inclusive. */
  read(path: string, start: number, end: number): NodeJS.ReadableStream
  /** Fine when the file is gone already. */
  remove(path: string): Promise<void>
}

/** What the directory's use cases need from outside. */
export interface DirectoryPorts {
  readonly store: Store
  readonly web: Pick<Web, 'checkUrl' | 'checkPromptUrl'>
  readonly clock: Pick<Clock, 'nowMs'>
  readonly ids: Ids
  readonly recordingMedia: RecordingMedia
  /** The realm of digest authentication: part of what is stored of a password. */
  readonly realm: string
  /** The lamps of the device are told. */
  mailboxChanged(deviceId: DeviceId, username: string): void
  /** As Sip.forgetDevice. */
  forgetDevice(id: DeviceId, because: 'deleted' | 'password'): void
  readonly sipTrunks: Pick<Sip, 'trunksChanged' | 'trunkStatus'>
  /** A fresh device password of at least 20 characters from a secure source. */
  newPassword(): string
}
