import type { RecordingFormat } from './ports/recordings.ts'

/** What an account wishes for its recordings; what is absent is as the operator has it. */
export interface RecordingSettings {
  /** Days after which a recording is deleted; absent: never. */
  readonly retentionDays?: number
  /** PEM of a public key (RSA or X25519): new recordings are encrypted for whoever has its private key. */
  readonly encryptionKey?: string
  /** Of recordings that do not say it; absent: as the operator has it. */
  readonly format?: RecordingFormat
  /** Between tones that tell that it is recorded; 0: none. */
  readonly beepEveryMs?: number
  /** Said before a recording begins; empty: nothing. */
  readonly announcement?: string
  /** Each recording is transcribed, where a model is set. */
  readonly transcribe?: boolean
}
