import type { RecordingFormat } from '../../core/ports/recordings.ts'
import type { LiveCall } from '../live-call.ts'
import type { Ports } from '../ports.ts'

/** How a recording is made where nothing is said of it. */
export interface RecordingWishes {
  readonly format: RecordingFormat
  /** 0: never. */
  readonly beepEveryMs: number
  /** '': nothing is said. */
  readonly announcement: string
}

/** What the account has set goes over what the operator has. */
export async function recordingWishes(
  { store, settings }: Pick<Ports, 'store' | 'settings'>,
  { record }: LiveCall,
): Promise<RecordingWishes> {
  const ofAccount = await store.recordings.settings.get(record.accountId)
  const { format = 'wav', beepEveryMs = 0, announcement = '' } = settings.recording ?? {}
  return {
    format: ofAccount.format ?? format,
    beepEveryMs: ofAccount.beepEveryMs ?? beepEveryMs,
    announcement: ofAccount.announcement ?? announcement,
  }
}
