import { Failure } from '../../core/failures.ts'
import type { AccountId } from '../../core/ids.ts'
import type { RecordingRecord } from '../../core/ports/recordings.ts'
import type { RecordingSettings } from '../../core/recording-settings.ts'
import type { DirectoryPorts } from './ports.ts'
import { getRecording } from './recordings.ts'

export type SettingsWithKey = RecordingSettings & { readonly encryptionKeyId?: string }

export async function recordingSettings(
  ports: DirectoryPorts,
  accountId: AccountId,
): Promise<SettingsWithKey> {
  return withKey(ports, await ports.store.recordings.settings.get(accountId))
}

/** They take the place of those that it had. Failure `invalid_request`: a key that nothing can be encrypted for. */
export async function setRecordingSettings(
  ports: DirectoryPorts,
  accountId: AccountId,
  settings: RecordingSettings,
): Promise<SettingsWithKey> {
  const full = withKey(ports, settings)
  await ports.store.recordings.settings.set(accountId, settings)
  return full
}

const withKey = (ports: DirectoryPorts, settings: RecordingSettings): SettingsWithKey =>
  settings.encryptionKey === undefined
    ? settings
    : { ...settings, encryptionKeyId: ports.recordingKeyId(settings.encryptionKey) }

/** What is asked to be changed; null: not any more. */
export interface RecordingKeeping {
  readonly holdReason?: string | null
  readonly retainUntilMs?: number | null
}

/** Puts a recording on legal hold, or sets how long it is kept. Failure `not_found`. */
export async function changeKeeping(
  ports: DirectoryPorts,
  accountId: AccountId,
  id: string,
  change: RecordingKeeping,
): Promise<RecordingRecord> {
  const { id: recordingId } = await getRecording(ports, accountId, id)
  await ports.store.recordings.amend(recordingId, change)
  return getRecording(ports, accountId, id)
}

/** A time to come. Failure `invalid_request`. */
export function timeToCome({ clock }: Pick<DirectoryPorts, 'clock'>, text: string): number {
  const atMs = Date.parse(text)
  if (Number.isNaN(atMs) || atMs <= clock.nowMs())
    throw new Failure('invalid_request', 'it must be a time to come, in ISO 8601', 'retain_until')
  return atMs
}
