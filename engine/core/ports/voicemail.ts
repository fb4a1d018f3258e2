import type { AccountId, CallId, DeviceId, VoicemailId } from '../ids.ts'

/** A message that somebody left for a device. */
export interface VoicemailRecord {
  readonly id: VoicemailId
  readonly accountId: AccountId
  readonly deviceId: DeviceId
  /** The call in which it was left. */
  readonly callId: CallId | null
  /** Who left it: E.164 or a device's name, as in `from` of a call. */
  readonly from: string
  readonly receivedAtMs: number
  readonly durationMs: number
  /** The audio (WAV), as the recordings' storage knows it. */
  readonly path: string
  readonly heard: boolean
  /** Null until there is one. */
  readonly transcript: string | null
}

/** The messages of devices. They go away with their device, and count for its message lamp. */
export interface Voicemails {
  insert(voicemail: VoicemailRecord): Promise<void>
  get(deviceId: DeviceId, id: VoicemailId): Promise<VoicemailRecord | undefined>
  /** The newest first. */
  list(deviceId: DeviceId, limit: number): Promise<VoicemailRecord[]>
  setHeard(id: VoicemailId, heard: boolean): Promise<void>
  remove(id: VoicemailId): Promise<void>
}
